/// Everything that settings are made of, already read: texts only, so that judging them needs no machine.
struct SettingsInput {
    /// The settings files in the order in which they count.
    var documents: [SettingsDocument] = []
    var environment: [String: String] = [:]
    /// `.env` of the working directory.
    var dotEnv: SettingsDocument?
    /// Files of the service manager's credentials directory that settings are made of.
    var credentials: [SettingsDocument] = []
    var overrides = SettingsOverrides()
    var defaults = SettingsDefaults.system
    var workingDirectory = "/"
    /// What those who know connections have against one that has a known form.
    var connectionObjection: ConnectionObjection?
    /// Whether it is a problem that no database is configured.
    var needsDatabase = true
}

extension SettingsInput {
    /// Where backups go unless a database says otherwise.
    func backupDirectory(_ daemon: DaemonSettings) -> String {
        daemon.stateDirectory == defaults.stateDirectory ? defaults.backups : daemon.stateDirectory + "/backups"
    }

    /// Why this cannot be a connection, and what to write instead; `nil` where it can.
    func objection(to url: ConnectionURL) -> (message: String, hint: String)? {
        if let objection = url.objection { return objection }
        return connectionObjection?(url).map {
            ($0, "write it as postgresql://USER@HOST:PORT/DATABASE, with special characters %-escaped")
        }
    }
}

/// Turns what was read into settings, or into every problem that it has.
struct SettingsJudge {
    let input: SettingsInput
    let problems: ProblemCollector

    func judge() -> Settings? {
        var tree = SettingsNode(
            value: .table([:]), keyOrigin: SettingsOrigin(file: mainFile), origin: SettingsOrigin(file: mainFile))
        for document in input.documents {
            switch document.parse() {
            case .success(let node): tree.merge(node, problems: problems)
            case .failure(let problem): problems.report(problem)
            }
        }
        for credential in input.credentials { tree.lay(credential, problems: problems) }
        let environment = EnvironmentReader(input: input, problems: problems)
        let hasBrokenFile = !problems.problems.isEmpty
        let top = SectionReader(tree, section: .top, path: [], within: tree.origin, problems: problems)
        let daemon = DaemonSectionJudge(input: input, environment: environment, problems: problems).judge(top)
        let access = judgeAccess(top.child("access", .access))
        let databases = DatabasesJudge(
            input: input, environment: environment, daemon: daemon, problems: problems, hasBrokenFile: hasBrokenFile
        ).judge(top)
        guard problems.problems.isEmpty else { return nil }
        return Settings(daemon: daemon, access: access, databases: databases, files: input.documents.map(\.file))
    }

    private var mainFile: String { input.overrides.settingsFile ?? input.defaults.settingsFile }

    private func judgeAccess(_ section: SectionReader) -> AccessSettings {
        var access = AccessSettings()
        if case .integer? = section.members["socket_mode"]?.value {
            section.report("socket_mode", "a mode must be written in quotes", hint: "write \"0660\"")
        } else if let text = section.text("socket_mode") {
            let isOctal = (3...4).contains(text.utf8.count) && text.utf8.allSatisfy { (48...55).contains($0) }
            switch isOctal ? UInt16(text, radix: 8) : nil {
            case nil:
                section.report(
                    "socket_mode", "\"\(text)\" is not a mode", hint: "write three or four octal digits: \"0660\"")
            case let mode? where mode & 0o7111 != 0:
                section.report(
                    "socket_mode", "a socket has no bits to execute", hint: "use read and write bits: \"0660\"")
            case let mode? where mode & 0o600 != 0o600:
                section.report(
                    "socket_mode", "the owner must be able to read and write", hint: "write \"0600\" or \"0660\"")
            case let mode?: access.socketMode = mode
            }
        }
        access.socketGroup = section.text("socket_group")
        return access
    }
}

/// Judges `[daemon]` with what the environment and the flags say to it.
struct DaemonSectionJudge {
    let input: SettingsInput
    let environment: EnvironmentReader
    let problems: ProblemCollector

    func judge(_ top: SectionReader) -> DaemonSettings {
        let section = top.child("daemon", .daemon)
        var daemon = DaemonSettings(
            socket: section.path("socket") ?? input.defaults.socket,
            stateDirectory: section.path("state_directory") ?? input.defaults.stateDirectory)
        daemon.logLevel = section.choice("log_level", of: LogLevel.self) ?? daemon.logLevel
        daemon.logsData = section.flag("log_data") ?? daemon.logsData
        daemon.stopTimeout = section.duration("stop_timeout", in: .seconds(1)...(.seconds(3600))) ?? daemon.stopTimeout
        daemon.pollInterval =
            section.duration("poll_interval", in: .seconds(1)...(.seconds(3600))) ?? daemon.pollInterval
        override(&daemon)
        judgeSocket(daemon, section)
        return daemon
    }

    private func override(_ daemon: inout DaemonSettings) {
        let flags = input.overrides
        if let socket = environment.socket { daemon.socket = workingPath(socket) }
        if let socket = flags.socket { daemon.socket = workingPath(socket) }
        if let directory = environment.stateDirectory { daemon.stateDirectory = workingPath(directory) }
        if let directory = flags.stateDirectory { daemon.stateDirectory = workingPath(directory) }
        let levels = [
            (environment.logLevel, EnvironmentReader.file, "MIGRATED_LOG_LEVEL"),
            (flags.logLevel, EnvironmentReader.commandLine, "--log-level"),
        ]
        for (text, file, key) in levels {
            guard let text else { continue }
            if let level = LogLevel(rawValue: text) {
                daemon.logLevel = level
            } else {
                let hint = SectionReader.choiceHint(LogLevel.allCases.map(\.rawValue), for: text)
                problems.report(SettingsProblem(file: file, key: key, message: "\"\(text)\" is not known", hint: hint))
            }
        }
    }

    private func judgeSocket(_ daemon: DaemonSettings, _ section: SectionReader) {
        let said: (String, String, SettingsPlace?) =
            if input.overrides.socket != nil {
                (EnvironmentReader.commandLine, "--socket", nil)
            } else if environment.socket != nil {
                (EnvironmentReader.file, "MIGRATED_SOCKET", nil)
            } else {
                (section.members["socket"]?.origin ?? section.origin).reduced(key: "daemon.socket")
            }
        func report(_ message: String, hint: String) {
            problems.report(
                SettingsProblem(
                    file: said.0, line: said.2?.line, column: said.2?.column, key: said.1, message: message, hint: hint)
            )
        }
        let limit = 107
        let length = daemon.socket.utf8.count
        if length > limit {
            report("the path has \(length) bytes, and a socket's may have \(limit)", hint: "choose a shorter path")
        }
        if daemon.socket == daemon.stateDirectory {
            report("the socket is where the state directory is", hint: "choose another path")
        }
    }

    private func workingPath(_ path: String) -> String {
        SettingsPath.absolute(path, in: input.workingDirectory)
    }
}

extension SettingsOrigin {
    fileprivate func reduced(key: String) -> (String, String, SettingsPlace?) { (file, key, place) }
}

import Planning

/// Judges every `[database.NAME]`, or makes the database `default` where none is configured.
struct DatabasesJudge {
    let input: SettingsInput
    let environment: EnvironmentReader
    let daemon: DaemonSettings
    let problems: ProblemCollector
    /// Whether a file could not be read at all, so that what is missing may be in it.
    let hasBrokenFile: Bool

    func judge(_ top: SectionReader) -> [DatabaseSettings] {
        let configured = sections(top)
        var databases = configured.compactMap { section in
            DatabaseSectionJudge(
                section: section, input: input, daemon: daemon, problems: problems, hasBrokenFile: hasBrokenFile
            ).judge()
        }
        judgeFlags(configured)
        if configured.isEmpty {
            databases = makeDefault(top).map { [$0] } ?? []
        } else {
            judgeClashes(databases, configured)
        }
        if !input.overrides.migrations.isEmpty, databases.count == 1 {
            databases[0].migrations = input.overrides.migrations.map {
                SettingsPath.absolute($0, in: input.workingDirectory)
            }
        }
        return databases
    }

    private func sections(_ top: SectionReader) -> [SectionReader] {
        guard let node = top.members["database"] else { return [] }
        guard case .table(let members) = node.value else {
            top.report("database", "this must be a table, not \(node.kind)", hint: "write [database.NAME]")
            return []
        }
        // `[database] url = …` is what somebody with one database writes first.
        let isTable = { (node: SettingsNode) in if case .table = node.value { true } else { false } }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) where !isTable(member) {
            problems.report(
                at: member.keyOrigin, key: "database.\(SectionReader.quoted(name))",
                "a database must have a name", hint: "write [database.main] above its keys")
        }
        return members.filter { isTable($0.value) }.sorted { $0.key < $1.key }.map { name, member in
            SectionReader(
                member, section: .database, path: ["database", name], within: node.keyOrigin, problems: problems)
        }
    }

    private func makeDefault(_ top: SectionReader) -> DatabaseSettings? {
        let location: DatabaseLocation
        if let directory = input.overrides.embedded {
            location = .embedded(directory: SettingsPath.absolute(directory, in: input.workingDirectory))
        } else if let text = input.overrides.databaseURL {
            let origin = SettingsOrigin(file: EnvironmentReader.commandLine)
            guard let url = judgedURL(text, origin, key: "--database-url") else { return nil }
            location = url
        } else if let said = environment.databaseURL {
            guard let url = judgedURL(said.text, said.origin, key: "DATABASE_URL") else { return nil }
            location = url
        } else {
            if input.needsDatabase && !hasBrokenFile && !top.has("database") {
                problems.report(
                    SettingsProblem(
                        file: input.overrides.settingsFile ?? input.defaults.settingsFile,
                        message: "no database is configured",
                        hint: "add [database.main] with a url, set DATABASE_URL, or start with --embedded DIR"))
            }
            return nil
        }
        let backup = input.backupRules(daemon)
        return DatabaseSettings(
            name: "default", location: location, migrations: input.defaults.migrations, backup: backup,
            rehearsal: RehearsalSettings(of: daemon))
    }

    private func judgedURL(_ text: String, _ origin: SettingsOrigin, key: String) -> DatabaseLocation? {
        if text == "embedded" { return .embedded(directory: daemon.stateDirectory + "/cluster") }
        let url = ConnectionURL(text)
        guard let objection = input.objection(to: url) else { return .server(url) }
        problems.report(at: origin, key: key, objection.message, hint: objection.hint)
        return nil
    }

    private func judgeFlags(_ configured: [SectionReader]) {
        let flags = input.overrides
        func report(_ key: String, _ message: String, _ hint: String) {
            problems.report(
                SettingsProblem(file: EnvironmentReader.commandLine, key: key, message: message, hint: hint))
        }
        if flags.embedded != nil, flags.databaseURL != nil {
            report("--embedded", "this and --database-url exclude each other", "give one of the two")
        }
        guard !configured.isEmpty else { return }
        if flags.databaseURL != nil {
            report(
                "--database-url", "the settings configure databases already",
                "leave the flag out, or name other settings with --settings")
        }
        if flags.embedded != nil, !configured.contains(where: { $0.saysEmbedded }) {
            report(
                "--embedded", "no configured database is an embedded one",
                "write url = \"embedded\", or name other settings with --settings")
        }
        if !flags.migrations.isEmpty, configured.count > 1 {
            report(
                "--migrations", "there are \(configured.count) databases, and this is for one",
                "set migrations under [database.NAME]")
        }
    }

    private func judgeClashes(_ databases: [DatabaseSettings], _ sections: [SectionReader]) {
        for (index, database) in databases.enumerated() {
            guard let section = sections.first(where: { $0.path[1] == database.name }) else { continue }
            for other in databases[..<index] {
                if case .server = database.location, database.location == other.location {
                    section.report(
                        "url", "the database \"\(other.name)\" has the same url",
                        hint: "remove one: a database has one queue, whatever it is called")
                }
                if database.name.lowercased() == other.name.lowercased() {
                    problems.report(
                        at: section.origin, key: section.path.joined(separator: "."),
                        "this name differs from \"\(other.name)\" by case only", hint: "choose another name")
                }
            }
            for directory in database.migrations where directory == database.backup.directory {
                section.report(
                    "migrations", "backups are kept in the same directory", hint: "keep backups elsewhere")
            }
        }
    }
}

extension SectionReader {
    /// Whether the section's url names an embedded cluster.
    var saysEmbedded: Bool {
        if case .string("embedded")? = members["url"]?.value { true } else { false }
    }
}

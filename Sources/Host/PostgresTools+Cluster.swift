extension PostgresTools {
    /// How a new cluster is made.
    public struct ClusterShape: Sendable, Equatable {
        /// The superuser's name.
        public var superuser = "postgres"
        /// The encoding of its databases.
        public var encoding = "UTF8"
        /// The locale of its databases.
        public var locale = "C.UTF-8"
        /// Whether pages carry checksums.
        public var hasChecksums = true
        /// Whether it shall survive a crash of the machine; a scratch cluster need not.
        public var isDurable = true

        /// Makes a shape with defaults.
        public init() {}
    }

    /// Makes a new cluster in `directory`, which must not exist or be empty. Only its socket is to be relied on for
    /// access: there are no passwords.
    public func initialiseCluster(
        _ directory: String, shape: ClusterShape = ClusterShape(), account: SystemAccount? = nil
    ) async throws(ToolError) {
        var arguments = [
            "--pgdata=\(directory)", "--username=\(shape.superuser)", "--auth=trust", "--encoding=\(shape.encoding)",
            "--locale=\(shape.locale)",
        ]
        // From 18 on, checksums are what one gets when nothing is said.
        if shape.hasChecksums {
            arguments.append("--data-checksums")
        } else if version.major >= 18 {
            arguments.append("--no-data-checksums")
        }
        if !shape.isDurable { arguments.append("--no-sync") }
        try await run("initdb", arguments) { $0.account = account }
    }

    /// The command that serves a cluster: by a Unix socket in `socketDirectory`, and nothing else.
    func serverCommand(
        data: String, socketDirectory: String, settings: [String: String], logFile: String, account: SystemAccount?,
        endSignal: ToolRunner.EndSignal, isVisited: Bool
    ) -> ToolRunner.Command {
        var all = settings
        all["listen_addresses"] = ""
        all["unix_socket_directories"] = socketDirectory
        // Whoever else may connect is asked for by name.
        all["unix_socket_permissions"] = isVisited ? "0777" : "0700"
        all["port"] = EmbeddedCluster.port
        all["logging_collector"] = "off"
        all["log_destination"] = "stderr"
        var arguments = ["-D", data]
        for (name, value) in all.sorted(by: { $0.key < $1.key }) { arguments += ["-c", "\(name)=\(value)"] }
        var command = ToolRunner.Command(path(of: "postgres"), arguments)
        command.account = account
        command.endSignal = endSignal
        command.logFile = logFile
        command.workingDirectory = data
        return command
    }

    /// Whether a server accepts connections, asked once.
    public func acceptsConnections(_ connection: [String: String]) async -> Bool {
        guard let secrets = try? ConnectionSecrets(connection) else { return false }
        defer { secrets.remove() }
        let arguments = ["--quiet", "--timeout=3", "--dbname=\(secrets.conninfo)"]
        return (try? await run("pg_isready", arguments, environment: secrets.environment)) != nil
    }
}

import ArgumentParser

/// The options that every verb takes, before and after its name.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The daemon's socket; without it $MIGRATED_SOCKET, or else /run/migrated/io.migrated.Control.",
            valueName: "path"))
    var socket: String?

    @Flag(
        name: .long,
        help: """
            No service: start migrated for this call alone, with the settings, or else DATABASE_URL or .env, and ./migrations. \
            So does $MIGRATED_LOCAL.
            """)
    var local = false

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The database; needed where several are configured.", valueName: "name")
    )
    var database: String?

    @Flag(name: .long, help: "JSON for programs: one document, or one a line for streams.")
    var json = false

    @Flag(name: .long, help: "No colours, as with $NO_COLOR.")
    var noColor = false

    func validate() throws {
        if local, socket != nil { throw ValidationError("--local and --socket exclude each other") }
    }

    /// Whether a daemon is started for the call: it was asked for, or `MIGRATED_LOCAL` is set and no socket is named.
    func isLocal(_ environment: [String: String]) -> Bool {
        local || socket == nil && environment["MIGRATED_LOCAL"]?.isEmpty == false
    }

    static let defaultSocketPath = "/run/migrated/io.migrated.Control"

    func socketPath(_ environment: [String: String]) -> String {
        if let socket { return socket }
        guard let path = environment["MIGRATED_SOCKET"], !path.isEmpty else { return Self.defaultSocketPath }
        return path
    }
}

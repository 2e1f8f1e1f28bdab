import ArgumentParser
import Control
import Host
import Planning
import Revisions

/// The options by which a verb writes SQL instead of queueing a job.
struct ScriptFlags: ParsableArguments {
    @Flag(
        name: .customLong("sql"),
        help: "Write a script for psql instead; it takes neither a daemon nor a database. FROM:TO says from where.")
    var isWanted = false

    @OptionGroup var output: OutputFile
    @OptionGroup var places: DirectoryOptions

    func validate() throws {
        if !isWanted, output.path != nil { throw ValidationError("--output goes with --sql") }
        if !isWanted, !places.directories.isEmpty { throw ValidationError("--directory goes with --sql") }
    }

    /// The file that a script goes into.
    struct OutputFile: ParsableArguments {
        @Option(
            name: [.customShort("o"), .customLong("output")],
            help: ArgumentHelp("With --sql: write into this file, wholly or not at all.", valueName: "file"))
        var path: String?

        func write(_ sql: String, in session: Session) throws {
            guard let path else {
                return session.output.isJSON
                    ? try session.output.document(GetScript.Reply(sql: sql)) : try session.output.write(sql)
            }
            do {
                try AtomicFile.write(path, text: sql, mode: 0o644)
            } catch {
                throw Failure(.usage, "\(error)", hint: error.hint ?? "look at the directory and its owner")
            }
        }
    }

    /// Writes an upgrade or a downgrade. A downgrade that does not say from where starts where the database is.
    func write(_ direction: Direction, to target: String, in session: Session) async throws {
        if direction == .downgrade, !target.contains(":"), let sql = try await session.script(direction, to: target) {
            return try output.write(sql, in: session)
        }
        try await write(in: session) { planner throws(Failure) in try planner.offlinePlan(direction, to: target) }
    }

    /// Writes a stamp; without targets, the making of the version table.
    func writeStamp(to targets: [String], purge: Bool, in session: Session) async throws {
        try await write(in: session) { planner throws(Failure) in
            try planner.offlineStamp(to: targets, purge: purge)
        }
    }

    private func write(in session: Session, _ plan: (Planner) throws(Failure) -> Plan) async throws {
        let settings = try await RevisionDirectories.settled(session).script
        let directories = try await RevisionDirectories.find(places, session: session)
        let loaded = RevisionDirectory.load(try directories.read())
        guard let graph = loaded.graph else { throw Failure(loaded.problems, in: directories) }
        let script = try SQLScript(
            try plan(Planner(graph: graph)), revisions: { graph[$0] }, settings: settings)
        try output.write(script.text, in: session)
    }
}

extension Session {
    /// What this database would get now, from the daemon; nil where none answers.
    fileprivate func script(_ direction: Direction, to target: String) async throws -> String? {
        do {
            return try await databaseScript(direction, to: target)
        } catch let failure as Failure where failure.code == .daemonUnavailable {
            return nil
        }
    }

    /// What this database would get now, from the daemon.
    func databaseScript(_ direction: Direction, to target: String) async throws -> String {
        try await client.collect(GetScript.self, .init(database: database, direction: direction, target: target))
            .map(\.sql).joined()
    }
}

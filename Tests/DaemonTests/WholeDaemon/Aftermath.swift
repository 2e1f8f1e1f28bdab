import Control
import Planning
import PostgresClient
import TestSupport
import Testing

/// What a database says of itself when all is over, read past the daemon.
struct Aftermath: Sendable {
    /// What was done, in its order: `upgrade 001`.
    var effects: [String]
    /// The same as the registry's history tells it.
    var history: [String]
    /// The rows of the version table.
    var versions: [String]
    /// How many sessions hold an advisory lock in this database.
    var locks: Int
    /// The states of all jobs.
    var states: [String]

    static func of(_ database: TestDatabase) async throws -> Aftermath {
        let session = try await database.connectAsSuperuser()
        func column(_ query: Query) async throws -> [String] {
            try await session.query(query).map { try $0.decode("what", as: String.self) }
        }
        // It is made with the first revision that is applied.
        let hasVersions = try await !session.query("SELECT FROM pg_class WHERE relname = 'alembic_version'").isEmpty
        let versions: Query = "SELECT version_num AS what FROM alembic_version ORDER BY 1"
        let aftermath = Aftermath(
            effects: try await column("SELECT direction || ' ' || revision AS what FROM effect ORDER BY number"),
            history: try await column(
                "SELECT direction || ' ' || revision AS what FROM migrated.history ORDER BY number"),
            versions: hasVersions ? try await column(versions) : [],
            locks: try await column(
                """
                SELECT pid::text AS what FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            ).count,
            states: try await column("SELECT state AS what FROM migrated.job ORDER BY number"))
        await session.close()
        return aftermath
    }

    /// Everything was done exactly once, in order, and everybody agrees about it.
    func expect(
        _ effects: [String], at versions: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.effects == effects, sourceLocation: sourceLocation)
        #expect(history == effects, sourceLocation: sourceLocation)
        #expect(self.versions == versions, sourceLocation: sourceLocation)
        #expect(locks == 0, sourceLocation: sourceLocation)
    }
}

extension TestDatabase {
    /// Makes the table in which the tests' revisions leave their effects.
    func makeEffects() async throws {
        try await run("\(raw: TestRevision.makeTable)")
    }

    /// Runs a statement in a session of its own.
    func run(_ statement: Query) async throws {
        let session = try await connectAsSuperuser()
        try await session.query(statement)
        await session.close()
    }

    /// Polls until a query gives a row: how a test awaits what only the server can tell.
    func awaitRow(_ query: Query) async throws {
        let session = try await connectAsSuperuser()
        try await within(.seconds(60), "a row of \(query)") {
            while try await session.query(query).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        }
        await session.close()
    }
}

extension DaemonHarness {
    /// Writes revisions where the daemon looks for them.
    func write(_ revisions: [TestRevision]) throws {
        for revision in revisions { try revision.write(to: migrations) }
    }

    /// Queues an upgrade or a downgrade.
    func queue(
        _ kind: JobKind = .upgrade, to target: String = "head", database: String? = nil, requestID: String? = nil
    ) async throws -> Job {
        let request = MigrationRequest(database: database, target: target, requestId: requestID ?? newRequestID())
        let client = client()
        defer { client.close() }
        return kind == .downgrade
            ? try await client.call(Downgrade.self, request).job : try await client.call(Upgrade.self, request).job
    }

    /// Queues a stamp.
    func stamp(_ targets: String..., purge: Bool = false) async throws -> Job {
        let client = client()
        defer { client.close() }
        return try await client.call(Stamp.self, .init(targets: targets, purge: purge, requestId: newRequestID())).job
    }

    /// Follows a job to its end, through restarts of the daemon.
    @discardableResult
    func follow(_ job: Job, untilParked: Bool = false) async throws -> Job {
        let daemon = try daemon
        return try await within(.seconds(90), "the end of \(job.id)\n\(daemon.errors.suffix(4000))") {
            let client = self.client()
            defer { client.close() }
            return try #require(try await client.watch(job.id, untilParked: untilParked) { _ in })
        }
    }

    /// Waits for an event of a job that fits.
    func await(_ job: Job, where fits: @escaping @Sendable (JobEvent) -> Bool) async throws {
        struct Seen: Error {}
        let daemon = try daemon
        try await within(.seconds(60), "an event of \(job.id)\n\(daemon.errors.suffix(4000))") {
            let client = self.client()
            defer { client.close() }
            do {
                _ = try await client.watch(job.id) { reply in
                    if let event = reply.event, fits(event) { throw Seen() }
                }
            } catch is Seen {
                return
            }
            throw TookTooLongForEvent()
        }
    }

    /// The status of one database.
    func status(_ database: String = "main") async throws -> DatabaseStatus {
        let client = client()
        defer { client.close() }
        return try #require(try await client.call(GetStatus.self, .init(database: database)).databases.first)
    }

    /// Asks for the status until it fits: each answer is the daemon's truth at that moment.
    @discardableResult
    func awaitStatus(
        _ what: String, of database: String = "main", upTo limit: Duration = .seconds(60),
        where fits: @escaping @Sendable (DatabaseStatus) -> Bool
    ) async throws -> DatabaseStatus {
        let daemon = try daemon
        return try await within(limit, "a status with \(what)\n\(daemon.errors.suffix(4000))") {
            let client = self.client()
            defer { client.close() }
            while true {
                let reply = try await client.call(GetStatus.self, .init(database: database))
                if let status = reply.databases.first, fits(status) { return status }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}

/// The job was over before the event came.
struct TookTooLongForEvent: Error {}

/// A new request's UUID.
func newRequestID() -> String {
    let digits = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
    let cuts = [0, 8, 12, 16, 20, 32]
    return zip(cuts, cuts.dropFirst()).map { start, end in
        String(Array(digits)[start..<end])
    }.joined(separator: "-")
}

public import Control
public import Planning
public import PostgresClient

extension TestDatabase {
    /// Makes the table in which the tests' revisions leave their effects.
    public func makeEffects() async throws {
        try await run("\(raw: TestRevision.makeTable)")
    }

    /// Runs a statement in a session of its own.
    public func run(_ statement: Query) async throws {
        let session = try await connectAsSuperuser()
        try await session.query(statement)
        await session.close()
    }

    /// Polls until a query gives a row: how a test awaits what only the server can tell.
    public func awaitRow(_ query: Query) async throws {
        let session = try await connectAsSuperuser()
        try await within(.seconds(60), "a row of \(query)") {
            while try await session.query(query).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        }
        await session.close()
    }
}

extension DaemonHarness {
    /// Writes revisions where the daemon looks for them.
    public func write(_ revisions: [TestRevision]) throws {
        for revision in revisions { try revision.write(to: migrations) }
    }

    /// Queues an upgrade or a downgrade.
    public func queue(
        _ kind: JobKind = .upgrade, to target: String = "head", database: String? = nil, requestID: String? = nil
    ) async throws -> Job {
        let request = MigrationRequest(database: database, target: target, requestId: requestID ?? newRequestID())
        let client = client()
        defer { client.close() }
        return kind == .downgrade
            ? try await client.call(Downgrade.self, request).job : try await client.call(Upgrade.self, request).job
    }

    /// Queues a stamp.
    public func stamp(_ targets: String..., purge: Bool = false) async throws -> Job {
        let client = client()
        defer { client.close() }
        return try await client.call(Stamp.self, .init(targets: targets, purge: purge, requestId: newRequestID())).job
    }

    /// Follows a job to its end, through restarts of the daemon.
    @discardableResult
    public func follow(_ job: Job, untilParked: Bool = false) async throws -> Job {
        let daemon = try daemon
        return try await within(.seconds(90), "the end of \(job.id)\n\(daemon.errors.suffix(4000))") {
            let client = self.client()
            defer { client.close() }
            while true {
                do {
                    guard let last = try await client.watch(job.id, untilParked: untilParked, receive: { _ in }) else {
                        throw TookTooLong(description: "nothing was heard of \(job.id)")
                    }
                    return last
                } catch let failure as Failure where failure.code == .databaseUnavailable {
                    // Its session was ended: the daemon is about to connect again.
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    /// Waits for an event of a job that fits.
    @discardableResult
    public func await(_ job: Job, where fits: @escaping @Sendable (JobEvent) -> Bool) async throws -> JobEvent {
        struct Seen: Error {
            var event: JobEvent
        }
        let daemon = try daemon
        return try await within(.seconds(60), "an event of \(job.id)\n\(daemon.errors.suffix(4000))") {
            let client = self.client()
            defer { client.close() }
            do {
                _ = try await client.watch(job.id) { reply in
                    if let event = reply.event, fits(event) { throw Seen(event: event) }
                }
            } catch let seen as Seen {
                return seen.event
            }
            throw TookTooLongForEvent()
        }
    }

    /// The status of one database.
    public func status(_ database: String = "main") async throws -> DatabaseStatus {
        let client = client()
        defer { client.close() }
        let databases = try await client.call(GetStatus.self, .init(database: database)).databases
        guard let status = databases.first else { throw TestClusterError("no database \"\(database)\"") }
        return status
    }

    /// Asks for the status until it fits: each answer is the daemon's truth at that moment.
    @discardableResult
    public func awaitStatus(
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
public struct TookTooLongForEvent: Error {}

/// A new request's UUID.
public func newRequestID() -> String {
    let digits = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
    let cuts = [0, 8, 12, 16, 20, 32]
    return zip(cuts, cuts.dropFirst()).map { start, end in
        String(Array(digits)[start..<end])
    }.joined(separator: "-")
}

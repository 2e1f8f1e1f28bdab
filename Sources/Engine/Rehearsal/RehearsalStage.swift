import Host
import Logging
import Planning
import PostgresClient
import Revisions
import SQLText

/// A copy with everything that the executor expects of a database: sessions, registry, lock and jobs.
struct RehearsalStage: Sendable {
    /// The database's configuration, with the copy's connection.
    let configuration: DatabaseConfiguration
    let sessions: SessionPair
    /// A session that may read all tables.
    let reader: Connection
    /// The same in the database that stays as it was, where there is one.
    let originalReader: Connection?
    let scratch: ScratchDatabase
    let person: Person
    let retry: LockRetry
    let measurement: Measurement

    /// What the copy looks like at one moment.
    struct Look: Sendable {
        var schema: String
        /// Foreign keys without an index on their columns.
        var bareForeignKeys: Set<String>
    }

    /// Makes the registry, as production has it, and takes the lock. The right to create it is given for that only: whether
    /// the plan's role may create schemas is part of what is rehearsed.
    func prepare() async throws {
        let (name, user) = (SQLIdentifier.quote(scratch.shape.name), SQLIdentifier.quote(scratch.shape.user))
        let mayAnyway = try await sessions.observer.query(
            "SELECT pg_catalog.has_database_privilege(current_database(), 'CREATE') AS may"
        ).first?.decode("may", as: Bool.self)
        if mayAnyway != true { try await reader.execute("GRANT CREATE ON DATABASE \(name) TO \(user)") }
        _ = try await RegistryBootstrap(
            database: configuration.name, session: sessions.worker, identity: sessions.identity
        ).ensure()
        if mayAnyway != true { try await reader.execute("REVOKE CREATE ON DATABASE \(name) FROM \(user)") }
        guard try await MigrationLock(session: sessions.worker).tryAcquire() else {
            throw NoCopy(reason: "the copy's lock is not to be had")
        }
    }

    func look() async throws -> Look {
        Look(schema: try await schema(), bareForeignKeys: try await bareForeignKeys())
    }

    /// What the tables hold, to be asked for later.
    func original(digests: Bool) async throws -> Original {
        let original = try await Original.keep(
            reader, in: originalReader, leavingOut: sessions.versions, digests: digests)
        // What was read here must not be counted later, as if a statement had read it.
        if reader.serverVersion >= 150_000 { try await reader.execute("SELECT pg_catalog.pg_stat_force_next_flush()") }
        return original
    }

    private func schema() async throws -> String {
        do {
            return try await scratch.tools.dumpSchema(
                scratch.readerConnection.keywordValues, excludedSchemas: ["migrated"],
                excludedTables: [sessions.versions.qualifiedName])
        } catch {
            if error.cause == .cancelled { throw CancellationError() }
            throw error
        }
    }

    /// Applies a plan as it is applied in earnest, for a job of the copy's own registry.
    func apply(_ plan: Plan, revisions: [RevisionID: Revision], isMeasured: Bool = true) async throws {
        let kind: JobKind = plan.steps.first?.direction == .downgrade ? .downgrade : .upgrade
        let jobs = JobStore(database: configuration.name, session: sessions.observer)
        let (job, _) = try await jobs.enqueue(
            JobStore.Request(kind: kind, target: "rehearsal", requestID: RequestID.random(), person: person))
        let reporter = Reporter(
            jobs: jobs, events: EventStore(database: configuration.name, session: sessions.observer),
            signal: ChangeSignal(), logger: Logger(label: "rehearsal") { _ in SwiftLogNoOpLogHandler() })
        try await Executor(
            configuration: configuration, sessions: sessions, job: job, reporter: reporter, activity: Activity(),
            retry: retry, observer: isMeasured ? measurement : nil
        ).apply(plan, revisions: revisions)
    }

    /// Takes back as much of the plan as can be, and carries it out again.
    func wayBack(_ draft: Draft, from original: Original, before: Look, after: Look) async throws -> WayBack {
        let order = draft.plan.steps.reversed().map(\.revision)
        let irreversible = order.filter { draft.graph[$0]?.section(.downgrade) == nil }
        let reversible = Array(order.prefix { !irreversible.contains($0) })
        var way = WayBack(takenBack: reversible, irreversible: irreversible.reversed())
        guard !reversible.isEmpty else { return way }
        let down = try plan(down: reversible, draft)
        measurement.beginAnew()
        try await apply(down, revisions: draft.revisions)
        if irreversible.isEmpty {
            async let back = schema()
            way.losses = try await original.losses(on: reader)
            let difference = SchemaDifference(before.schema, try await back)
            way.schemaDifferences = difference.lines
            way.hasOnlyOrderChanged = difference.isOnlyOrder
        }
        let again = Array(draft.plan.steps.suffix(reversible.count))
        let up = Plan(rowsBefore: down.rowsAfter, steps: again)
        try await apply(up, revisions: draft.revisions, isMeasured: false)
        way.secondUpgradeDifferences = SchemaDifference(after.schema, try await schema()).lines
        return way
    }

    private func plan(down revisions: [RevisionID], _ draft: Draft) throws -> Plan {
        do {
            let steps = try draft.graph.downgrade(exactly: revisions, from: draft.plan.rowsAfter)
            return Plan(
                rowsBefore: draft.plan.rowsAfter,
                steps: steps.compactMap { step in draft.graph[step.revision].flatMap { Step(step, of: $0) } })
        } catch {
            throw Failure(error)
        }
    }

    private func bareForeignKeys() async throws -> Set<String> {
        Set(
            try await reader.query(
                """
                SELECT format('"%s" of "%s.%s"', f.conname, n.nspname, c.relname) AS name FROM pg_catalog.pg_constraint f
                JOIN pg_catalog.pg_class c ON c.oid = f.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE f.contype = 'f' AND f.conparentid = 0 AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = f.conrelid AND i.indpred IS NULL
                    AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey)
                """
            ).map { try $0.decode("name", as: String.self) })
    }
}

/// How two schemas differ, as SQL statements, line by line.
struct SchemaDifference: Sendable {
    /// What only the first has, with `-` before it, and what only the second has, with `+`.
    var lines: [String] = []
    /// Whether both have the same lines, in another order.
    var isOnlyOrder = false

    private static let limit = 40

    init(_ before: String, _ after: String) {
        func parts(_ schema: String) -> [Substring] {
            // The last column of a table has no comma behind it.
            schema.split(separator: "\n").map { $0.hasSuffix(",") ? $0.dropLast() : $0 }
        }
        let (old, new) = (parts(before), parts(after))
        guard old != new else { return }
        let difference = new.sorted().difference(from: old.sorted())
        isOnlyOrder = difference.isEmpty
        let changes = isOnlyOrder ? new.difference(from: old) : difference
        lines = changes.prefix(Self.limit).map { change in
            switch change {
            case .insert(_, let line, _): "+ \(line.drop { $0 == " " })"
            case .remove(_, let line, _): "- \(line.drop { $0 == " " })"
            }
        }
    }
}

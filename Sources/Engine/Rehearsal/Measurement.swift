import Planning
import PostgresClient
import Revisions
import SQLText
import Synchronization

/// Measures what each statement does to a copy: asks the server before and after it, on the session that runs it, where a
/// transaction's own work can be seen. Statements outside transactions are looked at by another session meanwhile.
final class Measurement: StepObserver {
    /// The session that runs the statements.
    let worker: Connection
    /// The session that looks at those that run alone, and at what a failed one stumbled over.
    let looker: Connection
    private let state = Mutex(State())

    /// More statements are counted, not listed.
    private static let limit = 1000

    private struct State {
        var statements: [StatementMeasure] = []
        var unlisted = 0
        var findings: [RehearsalFinding] = []
        /// What is known of each table and index, as of the last look; nil when a transaction begins.
        var relations: [Int64: RelationState]?
        /// What was there before the plan: only there can others be kept from anything.
        var original: Set<Int64>?
        var wal: Int64 = 0
        /// Of the files that the statement has done with.
        var temporaryBytes: Int64 = 0
        var startedAt = ContinuousClock.now
        var sampler: LockSampler?
        /// The locks of the open transaction: what was told of them, and since when they are held.
        var held: [Held: (statement: Int, lock: Int, since: ContinuousClock.Instant)] = [:]
    }

    private struct Held: Hashable {
        var relation: Int64
        var mode: String
    }

    init(worker: Connection, looker: Connection) {
        self.worker = worker
        self.looker = looker
        worker.onNotice { [weak self] notice in self?.hear(notice) }
    }

    /// The copy's server tells of each temporary file at its end ("temporary file: path …, size 8192"): the session cannot
    /// be asked for it before its transaction is over.
    private func hear(_ notice: ServerNotice) {
        guard notice.routine == "ReportTemporaryFileUsage",
            let size = notice.message.split(separator: " ").last.flatMap({ Int64($0) })
        else { return }
        state.withLock { $0.temporaryBytes += size }
    }

    /// What was measured so far, in order; how many statements more there were; and what failed ones stumbled over.
    var result: (statements: [StatementMeasure], unlisted: Int, findings: [RehearsalFinding]) {
        state.withLock { ($0.statements, $0.unlisted, $0.findings) }
    }

    /// What is there now is what was there before: another plan begins.
    func beginAnew() {
        state.withLock {
            $0.original = nil
            $0.relations = nil
        }
    }

    // MARK: Looking on

    func willRun(_ run: StatementRun) async throws {
        if state.withLock({ $0.relations }) == nil {
            let relations = try await RelationState.read(on: worker, onlyLocked: false)
            state.withLock {
                $0.relations = relations
                $0.original = $0.original ?? Set(relations.keys)
            }
        }
        let wal = try await walPosition()
        let sampler = run.isAlone ? LockSampler(pid: worker.backendPID, session: looker) : nil
        state.withLock {
            $0.wal = wal
            $0.temporaryBytes = 0
            $0.sampler = sampler
            $0.startedAt = .now
        }
    }

    func didRun(_ run: StatementRun) async throws {
        let end = ContinuousClock.now
        let (start, wal, sampler) = state.withLock { ($0.startedAt, $0.wal, $0.sampler) }
        let temporaryBytes = state.withLock { $0.temporaryBytes }
        let sampled = await sampler?.end()
        var measure = StatementMeasure(
            revision: run.work.step.revision, direction: run.work.step.direction, number: run.number,
            line: run.statement.position.line, verb: run.statement.kind.verb,
            elapsedMilliseconds: (end - start).seconds * 1000, isSampled: run.isAlone)
        measure.samples = sampled?.samples
        measure.temporaryBytes = temporaryBytes
        measure.walBytes = try await walPosition() - wal
        let seen = try await RelationState.read(on: worker, onlyLocked: !run.isAlone)
        let locks = run.isAlone ? [] : try await locks()
        state.withLock { state in
            let known = state.relations ?? [:]
            let touched = run.isAlone ? seen.filter { known[$0.key] != $0.value } : seen
            measure.relations = touched.compactMap { number, now in
                var measure = now.measure(since: known[number])
                measure?.isNew = state.original?.contains(number) != true
                return measure
            }.sorted { $0.name < $1.name }
            measure.locks = sampled?.locks ?? []
            for lock in locks where state.held[lock] == nil {
                // Of a relation that the statement dropped only the earlier look knows the name.
                guard let name = (seen[lock.relation] ?? known[lock.relation])?.name else { continue }
                state.held[lock] = (state.statements.count, measure.locks.count, start)
                let isNew = state.original?.contains(lock.relation) == false
                measure.locks.append(
                    LockMeasure(relation: name, mode: lock.mode, isOfNew: isNew ? true : nil))
            }
            state.relations = known.merging(seen) { $1 }
            state.sampler = nil
            if state.statements.count < Self.limit { state.statements.append(measure) } else { state.unlisted += 1 }
        }
    }

    func didCommit() async throws {
        let end = ContinuousClock.now
        state.withLock { state in
            for (statement, lock, since) in state.held.values where statement < state.statements.count {
                state.statements[statement].locks[lock].heldMilliseconds = (end - since).seconds * 1000
            }
            state.held = [:]
            state.relations = nil
        }
    }

    /// Counts what a constraint stumbled over.
    func didFail(_ run: StatementRun, _ error: ServerError) async {
        _ = await state.withLock { $0.sampler }?.end()
        state.withLock {
            $0.held = [:]
            $0.relations = nil
        }
        let location = Failure.Location(path: run.work.revision.path, line: run.statement.position.line)
        switch error.sqlState {
        case "23502":  // not_null_violation
            guard let schema = error.schema, let table = error.table, let column = error.column else { return }
            // The column may be the statement's own, which is gone with it: then none of the rows has one.
            let nulls = await count(
                "SELECT count(*) AS rows FROM \(identifier: schema).\(identifier: table) WHERE \(identifier: column) IS NULL"
            )
            let rows = await count("SELECT count(*) AS rows FROM \(identifier: schema).\(identifier: table)")
            guard let number = nulls ?? rows, number > 0 else { return }
            note(
                RehearsalFinding(
                    .nullValues, "\(schema).\(table).\(column)",
                    "\(Plural.count(Int(number), "row")) of \"\(schema).\(table)\" have no \"\(column)\"",
                    action: .refuse, location: location))
        case "23505":  // unique_violation
            let object = error.table.map { "\(error.schema.map { "\($0)." } ?? "")\($0)" } ?? error.constraint ?? ""
            let found = await Duplicates.count(error, by: run.statement, on: looker)
            let key = Duplicates.key(of: error).map { " of (\($0))" } ?? ""
            var finding = RehearsalFinding(
                .duplicateValues, object,
                "\"\(error.constraint ?? object)\" finds duplicates\(key)" + (found.map { ": \($0.sentence)" } ?? ""),
                action: .refuse, location: location)
            finding.examples = found?.examples ?? error.detail.map { [$0] }
            note(finding)
        default: break
        }
    }

    private func count(_ query: Query) async -> Int64? {
        (try? await looker.query(query).first?.decode("rows", as: Int64.self)) ?? nil
    }

    private func note(_ finding: RehearsalFinding) { state.withLock { $0.findings.append(finding) } }

    // MARK: Asking the server

    private func walPosition() async throws -> Int64 {
        try await worker.query(
            Query.once("SELECT (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::bigint AS position")
        ).first?.decode("position") ?? 0
    }

    /// The relation locks of the open transaction.
    private func locks() async throws -> [Held] {
        try await worker.query(
            Query.once(
                """
                SELECT relation::bigint AS relation, mode FROM pg_catalog.pg_locks
                WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted ORDER BY 1, 2
                """)
        ).map { Held(relation: try $0.decode("relation"), mode: try $0.decode("mode")) }
    }
}

extension Query {
    /// A query that is not prepared: what the revision does to prepared statements is nothing to it.
    static func once(_ sql: String) -> Query {
        var query = Query(raw: sql)
        query.isReusable = false
        return query
    }
}

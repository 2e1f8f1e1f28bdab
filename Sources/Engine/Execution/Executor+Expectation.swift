import Planning
import PostgresClient
import Revisions
import SQLText

/// What the rehearsal has measured, as limits for the real thing.
extension Executor {
    /// How long one attempt at the locks of a revision may keep those waiting who come behind us.
    func patience(for work: Work) -> Duration? {
        expectation?.patience(work.step.revision, work.step.direction).map { .milliseconds($0) }
    }

    /// How long a statement may run: by the settings, and by what it took in the copy; and whether the latter decides.
    private func limit(of number: Int, _ work: Work) -> (time: Duration, isExpected: Bool)? {
        let configured = configuration.statementTimeout
        let expected = expectation?.budget(work.step.revision, work.step.direction, statement: number)
        // The time for which a lock is waited for counts as well, and is no fault of the statement's.
        let patient = expected.map { .milliseconds($0) + retry.settings.longest }
        if let configured, configured <= patient ?? configured { return (configured, false) }
        return patient.map { ($0, true) }
    }

    /// Adds statements, each with its limit where that is not the one before it.
    func addStatements(_ indices: Range<Int>, of work: Work, to trip: inout Trip) {
        var current = configuration.statementTimeout
        for index in indices {
            let limit = limit(of: index + 1, work)?.time
            if limit != current {
                trip.add(.begin, ["SET LOCAL statement_timeout = \(limit?.milliseconds ?? 0)"], work)
                current = limit
            }
            trip.add(statement: index, of: work)
        }
    }

    /// Why a statement that the server cancelled was stopped, where it was because of its limit: a person may have
    /// cancelled it as well, and that has the same SQLSTATE.
    func overrun(of statement: Statement, number: Int, _ work: Work) -> Failure? {
        guard let limit = limit(of: number, work), limit.isExpected, let began = activity.current?.statementBegan,
            ContinuousClock.now - began >= limit.time * 0.95,
            let measure = expectation?.measure(work.step.revision, work.step.direction, statement: number)
        else { return nil }
        overran = measure
        let what = work.step.direction == .upgrade ? "apply" : "downgrade"
        return Failure(
            .overrun,
            """
            cannot \(what) revision "\(work.step.revision)": \(statement.kind.verb) was stopped after \
            \(RehearsalPolicy.time(limit.time.seconds * 1000)), it took \(RehearsalPolicy.time(measure.elapsedMilliseconds)) in the rehearsal
            """,
            hint:
                "see what is different, then: migratectl retry \(job.id); or raise overrun_factor under [database.\(configuration.name).rehearsal]",
            location: Failure.Location(
                path: work.revision.path, line: statement.position.line, column: statement.position.column))
    }

    /// How the tables that a statement worked on differ from those that it met in the copy.
    func differences(from measure: StatementMeasure) async -> [String] {
        var notes: [String] = []
        // Whoever has a strong lock on a table must not hold us up.
        _ = try? await worker.execute("SET lock_timeout = 200")
        for relation in measure.relations where relation.kind == .table && !relation.isNew {
            let found = try? await worker.query(
                "SELECT pg_catalog.pg_table_size(pg_catalog.to_regclass(\(Self.quoted(relation.name)))) AS bytes"
            ).first
            guard let found, let bytes = try? found.decode("bytes", as: Int64.self) else { continue }
            let rows = relation.rows.map { "\($0) rows, " } ?? ""
            notes.append(
                "\"\(relation.name)\" had \(rows)\(relation.bytesBefore >> 10) KiB in the copy, and has \(bytes >> 10) KiB now"
            )
        }
        _ = try? await worker.execute("RESET lock_timeout")
        return notes
    }

    /// A name as reports have it, schema and table, as SQL has it.
    private static func quoted(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        return parts.map(SQLIdentifier.quote).joined(separator: ".")
    }
}

import Logging
import Planning

/// The look at the schema before a job changes it, and the keeping of what it left.
extension Pipeline {
    /// A database has drifted, and the settings want somebody to say that this is known.
    struct DriftUnaccepted: Error {
        var report: DriftReport
    }

    /// Looks before revisions are applied: what was done to the schema in another way is told, or stops the job.
    ///
    /// - Throws: `Failure` `schema-drifted`, `DriftUnaccepted`.
    func lookForDrift() async throws -> DriftWatch.Look? {
        guard job.kind.direction != nil else { return nil }
        let look = try await drift.lookBeforeJob()
        guard let look, look.report.isDrifted else { return look }
        await reporter.event(job.id.number, .schemaDrifted, look.report.sentence)
        switch configuration.drift.policy {
        case .tell: return look
        case .ask: throw DriftUnaccepted(report: look.report)
        case .refuse:
            throw Failure(
                .schemaDrifted, "cannot \(job.kind.rawValue) \"\(configuration.name)\": \(look.report.sentence)",
                hint: "look at it: migratectl drift; take it back, or make it official: migratectl drift --adopt",
                notes: look.report.changes.map(\.sentence))
        }
    }

    /// Ends a job that has changed the schema, and keeps what it left for later looks, while the lock is held. Nobody waits for
    /// that: the end is told when the moment that is read is fixed. Failing at it does not fail the job: the next look begins anew.
    mutating func succeed(_ summary: String, keepingSchemaAfter before: DriftWatch.Look?) async throws {
        let (drift, moment) = (drift, AsyncStream<Never>.makeStream())
        // Shielded: a daemon that is told to end with the job keeps what it left all the same.
        let keeping = Task {
            defer { moment.continuation.finish() }
            try await drift.keep(after: before) { moment.continuation.finish() }
        }
        for await _ in moment.stream {}
        do {
            try await enter(.succeeded, summary)
        } catch {
            keeping.cancel()
            throw error
        }
        do {
            try await keeping.value
        } catch {
            // No event: the job is over.
            reporter.logger.notice("\(job.id): cannot keep the schema for later comparison: \(error)")
        }
    }

    private var drift: DriftWatch {
        DriftWatch(configuration: configuration, sessions: sessions, now: now)
    }
}

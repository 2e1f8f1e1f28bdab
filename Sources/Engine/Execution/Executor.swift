import Planning
import PostgresClient
import Revisions
import SQLText

/// Applies the steps of a plan on the worker's session, the one that holds the lock: losing one is losing both.
struct Executor: Sendable {
    let configuration: DatabaseConfiguration
    let sessions: SessionPair
    let job: Job
    let reporter: Reporter
    let activity: Activity
    let retry: LockRetry
    /// Whether the version table is still to be made, by the first revision that is recorded.
    var makesVersionTable = false

    var worker: Connection { sessions.worker }

    /// A step and the bytes that it applies.
    struct Work: Sendable {
        var step: Step
        var revision: Revision
        var section: Revision.Section
        /// Which of how many revisions this is.
        var progress: JobEvent.Progress

        init(_ step: Step, _ revision: Revision, number: Int, of count: Int) throws(Failure) {
            guard let section = revision.section(step.direction), section.contentDigest == step.contentDigest else {
                throw Failure(
                    .digestMismatch,
                    "cannot \(step.direction.rawValue) revision \"\(step.revision)\": its bytes are not those of the plan",
                    location: Failure.Location(path: revision.path))
            }
            self.step = step
            self.revision = revision
            self.section = section
            progress = JobEvent.Progress(unit: "revisions", done: Int64(number), total: Int64(count))
        }
    }

    /// Applies the steps in order. What was applied before a failure stays applied and is named in it.
    ///
    /// - Throws: `Failure`, or `CancellationError` where the task was cancelled or the daemon wants to stop.
    func apply(_ plan: Plan, revisions: [RevisionID: Revision]) async throws {
        var executor = self
        executor.makesVersionTable = try await !sessions.versions.exists(on: worker)
        var applied: [RevisionID] = []
        for (index, step) in plan.steps.enumerated() {
            try Task.checkCancellation()
            if activity.isStopping { throw CancellationError() }
            guard let revision = revisions[step.revision] else {
                throw Failure(.noSuchRevision, "cannot apply revision \"\(step.revision)\": its bytes are not kept")
            }
            let work = try Work(step, revision, number: index + 1, of: plan.steps.count)
            activity.begin(step.revision)
            do {
                let done =
                    step.isTransactional
                    ? try await executor.applyTransactional(work) : try await executor.applyStandalone(work)
                executor.makesVersionTable = false
                applied.append(step.revision)
                if let event = done.event { reporter.announce(event) }
            } catch var failure as Failure {
                failure.notes.append(
                    applied.isEmpty
                        ? "nothing was applied by this job"
                        : "applied before by this job: \(applied.map(\.rawValue).joined(separator: ", "))")
                throw failure
            }
        }
    }

    static func sentence(_ step: Step, _ elapsed: Duration) -> String {
        let verb = step.direction == .upgrade ? "applied" : "downgraded"
        let count = elapsed.milliseconds
        let time = count < 1000 ? "\(count) ms" : "\(count / 1000).\(count % 1000 / 100) s"
        return "\(verb) \(step.revision), \(step.description) (\(time))"
    }

    // MARK: Statements

    /// Runs one statement of a revision, alone in its message, so that no splitting error can smuggle in a second.
    func run(_ statement: Statement, number: Int, of work: Work) async throws {
        activity.begin(
            Activity.Now.Statement(
                number: number, count: work.section.statements.count, verb: statement.kind.verb,
                line: statement.position.line))
        do {
            if let data = statement.copyData {
                try await worker.copyIn(statement.text, data: data)
            } else {
                try await worker.execute(statement.text)
            }
        } catch let error as ServerError {
            if Task.isCancelled { throw CancellationError() }
            guard !error.endsSession else { throw ConnectionError(error) }
            throw StatementError(statement: statement, error: error)
        }
    }

    /// A statement that the server refused, before anybody has decided whether to try again.
    struct StatementError: Error {
        /// None where it was our own record of the step that had to wait.
        let statement: Statement?
        let error: ServerError

        func failure(in work: Work) -> Failure {
            guard let statement else { return Executor.failure(error, ending: work) }
            let place = error.position.map { statement.position(ofCharacter: $0) } ?? statement.position
            let what = work.step.direction == .upgrade ? "apply" : "downgrade"
            return Failure(
                .statementFailed, "cannot \(what) revision \"\(work.step.revision)\": \(error.message)",
                hint: error.hint ?? "mend the revision; a changed file needs a new approval",
                location: Failure.Location(path: work.revision.path, line: place.line, column: place.column),
                sql: Failure.ServerReport(
                    sqlState: error.sqlState, message: error.message, detail: error.detail, hint: error.hint,
                    context: error.context, statement: statement.text))
        }
    }

    /// Takes a transaction back, whatever state the task is in. A session that cannot do it is lost anyway.
    func rollBack() async {
        await Task { try? await worker.script("ROLLBACK") }.value
    }

    /// Commits. An answer that never comes is settled by reading the history after a new connection, never guessed.
    func commit(_ work: Work) async throws {
        do {
            try await worker.script("COMMIT")
        } catch let error as ServerError {
            throw Self.failure(error, ending: work)
        }
    }

    /// What the server refused after the last statement: a deferred constraint, or the commit itself.
    static func failure(_ error: ServerError, ending work: Work) -> Failure {
        Failure(
            .statementFailed, "cannot commit revision \"\(work.step.revision)\": \(error.message)",
            hint: error.hint, location: Failure.Location(path: work.revision.path),
            sql: Failure.ServerReport(
                sqlState: error.sqlState, message: error.message, detail: error.detail, hint: error.hint,
                context: error.context))
    }
}

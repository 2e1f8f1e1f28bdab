import Planning
import PostgresClient
import Revisions
import SQLText

/// How commands get to the server, and what is made of its refusals.
extension Executor {
    /// Sends a trip. Where it fails, the transaction that is open is taken back.
    func send(_ trip: Trip) async throws {
        if let observer { return try await send(trip, before: observer) }
        do {
            var next = 0
            while next < trip.entries.count {
                let group = trip.group(from: next)
                if case .copy(let statement, let data) = trip.entries[next].command {
                    Self.mark(trip.entries[next...], activity)
                    try await copy(statement, data, trip.entries[next])
                } else {
                    try await send(Array(trip.entries[group]))
                }
                next = group.upperBound
            }
        } catch {
            await rollBack()
            throw error
        }
    }

    /// Sends a trip one command at a time, so that the observer can look between them.
    private func send(_ trip: Trip, before observer: any StepObserver) async throws {
        var current: StatementRun?
        do {
            for entry in trip.entries {
                current = StatementRun(entry)
                if let current { try await observer.willRun(current) }
                if case .copy(let statement, let data) = entry.command {
                    Self.mark([entry], activity)
                    try await copy(statement, data, entry)
                } else {
                    try await send([entry])
                }
                if let current { try await observer.didRun(current) }
            }
        } catch {
            await rollBack()
            if let current, let refused = error as? StatementError { await observer.didFail(current, refused.error) }
            throw error
        }
        try await observer.didCommit()
    }

    private func send(_ entries: [Trip.Entry]) async throws {
        let commands: [BatchCommand] = entries.compactMap {
            if case .batched(let command) = $0.command { command } else { nil }
        }
        Self.mark(entries[...], activity)
        do {
            try await worker.batch(commands) { [activity, worker] index in
                // The next revision is not begun, or not gone on with, where the daemon wants to stop.
                if entries[index].isCommit, index + 1 < entries.count, activity.isStopping { worker.cancelRunning() }
                Self.mark(entries[(index + 1)...], activity)
            }
            didRun(entries[...])
        } catch let error as BatchError {
            didRun(entries[..<min(error.index, entries.count)])
            throw explained(error.cause, entries[min(error.index, entries.count - 1)])
        }
    }

    private func didRun(_ entries: ArraySlice<Trip.Entry>) {
        for entry in entries {
            if entry.isCommit { didCommit(entry.work) }
        }
    }

    private func copy(_ statement: String, _ data: [UInt8]?, _ entry: Trip.Entry) async throws {
        do {
            if let data {
                try await worker.copyIn(statement, data: data)
            } else {
                try await worker.execute(statement)
            }
        } catch {
            throw explained(error, entry)
        }
    }

    /// Runs one statement outside any transaction, alone in its message.
    func runAlone(_ statement: Statement, number: Int, of work: Work) async throws {
        let entry = Trip.Entry(
            work: work, purpose: .statement(statement, number: number, of: work.section.statements.count),
            command: .copy(statement.text, data: statement.copyData))
        Self.mark([entry], activity)
        guard let observer, var run = StatementRun(entry) else {
            return try await copy(statement.text, statement.copyData, entry)
        }
        run.isAlone = true
        try await observer.willRun(run)
        do {
            try await copy(statement.text, statement.copyData, entry)
        } catch let refused as StatementError {
            await observer.didFail(run, refused.error)
            throw refused
        }
        try await observer.didRun(run)
        try await observer.didCommit()
    }

    /// Tells the observer what the server is at: the first of these, but for what is done in no time.
    private static func mark(_ entries: ArraySlice<Trip.Entry>, _ activity: Activity) {
        guard let entry = entries.first(where: { !$0.isBeginning }) else { return }
        if activity.current?.revision != entry.work.step.revision { activity.begin(entry.work.step.revision) }
        guard case .statement(let statement, let number, let count) = entry.purpose else { return }
        activity.begin(
            Activity.Now.Statement(
                number: number, count: count, verb: statement.kind.verb, line: statement.position.line,
                digest: entry.work.section.contentDigest))
    }

    /// What the server's refusal of a command means.
    private func explained(_ error: any Error, _ entry: Trip.Entry) -> any Error {
        guard let error = error as? ServerError else { return error }
        if Task.isCancelled || (activity.isStopping && error.isCancel) { return CancellationError() }
        guard !error.endsSession else { return ConnectionError(error) }
        let work = entry.work
        switch entry.purpose {
        case .statement(let statement, let number, _):
            if error.isCancel, let overrun = overrun(of: statement, number: number, work) { return overrun }
            return StatementError(statement: statement, error: error)
        case .commit:
            return Self.failure(error, ending: work)
        case _ where error.isStale || LockRetry.retried.contains(error.sqlState):
            return StatementError(statement: nil, error: error)
        case .begin where TransactionMark.Refusal(rawValue: error.sqlState) == .unlocked:
            return refused(.unlocked, error, work)
        case .begin:
            return Failure(
                .permissionDenied, "cannot begin revision \"\(work.step.revision)\": \(error.message)",
                hint: configuration.role.map { "see that the role \"\($0)\" exists, and grant it: GRANT \($0) TO …" },
                notes: [error.detail].compactMap { $0 })
        case .leave:
            return Self.failure(error, ending: work)
        case .record where error.sqlState == "23505":
            return Failure(
                .versionChanged, "cannot record revision \"\(work.step.revision)\": \(error.message)",
                hint: "look at what else changes the version table", notes: [error.detail].compactMap { $0 })
        case .record:
            return TransactionMark.Refusal(rawValue: error.sqlState).map { refused($0, error, work) } ?? error
        }
    }

    /// What it means that the registry refused a record.
    private func refused(_ refusal: TransactionMark.Refusal, _ error: ServerError, _ work: Work) -> Failure {
        let what =
            switch refusal {
            case .escaped: "it ended its own transaction"
            case .unlocked: "it dropped the lock of migrated"
            case .versionRows: "the version table is not what the plan was made for"
            }
        guard refusal == .versionRows else {
            return Failure(
                .transactionEscaped, "cannot record revision \"\(work.step.revision)\": \(what)",
                hint:
                    "take COMMIT, ROLLBACK and unlocking out of its functions and procedures; look at what it left behind",
                location: Failure.Location(path: work.revision.path))
        }
        return Failure(
            .versionChanged, "cannot record revision \"\(work.step.revision)\": \(what)",
            hint: "somebody else changed it; look at it and queue the job again",
            notes: [work.step.rowChanges.map { "\($0)" }.joined(separator: ", "), error.message])
    }

    /// A command that the server refused, before anybody has decided whether to try again.
    struct StatementError: Error {
        /// None where it was one of ours that had to wait.
        let statement: Statement?
        let error: ServerError

        /// Whether another attempt may do what this one could not.
        var mayBeRepeated: Bool { isStale || LockRetry.retried.contains(error.sqlState) }

        /// What a revision did to prepared statements hit ours; the next attempt prepares them anew.
        var isStale: Bool { statement == nil && error.isStale }

        func failure(in work: Work) -> Failure {
            guard let statement else { return Executor.failure(error, ending: work) }
            let place = error.position.map { statement.position(ofCharacter: $0) } ?? statement.position
            let what = work.step.direction == .upgrade ? "apply" : "downgrade"
            return Failure(
                .statementFailed, "cannot \(what) revision \"\(work.step.revision)\": \(error.message)",
                hint: error.hint ?? "mend the revision; a changed file needs a new approval",
                location: Failure.Location(path: work.revision.path, line: place.line, column: place.column),
                sql: error.report(of: Secrets.hidden(in: statement.text)))
        }
    }

    /// What the server refused after the last statement: a deferred constraint, or the commit itself.
    static func failure(_ error: ServerError, ending work: Work) -> Failure {
        Failure(
            .statementFailed, "cannot commit revision \"\(work.step.revision)\": \(error.message)",
            hint: error.hint, location: Failure.Location(path: work.revision.path),
            sql: error.report())
    }
}

extension Trip.Entry {
    fileprivate var isBeginning: Bool {
        if case .begin = purpose { true } else { false }
    }

    fileprivate var isCommit: Bool {
        if case .commit = purpose { true } else { false }
    }
}

extension ServerError {
    /// The statement was cancelled (PostgreSQL manual, "Error Codes": 57014).
    fileprivate var isCancel: Bool { sqlState == "57014" }

    /// The prepared statement is gone, or no longer gives what it gave (PostgreSQL manual, "Error Codes": 26000, 0A000).
    fileprivate var isStale: Bool { sqlState == "26000" || sqlState == "0A000" }
}

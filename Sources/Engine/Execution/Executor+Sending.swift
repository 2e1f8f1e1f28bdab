import Planning
import PostgresClient
import Revisions
import SQLText

/// How commands get to the server, and what is made of its refusals.
extension Executor {
    /// Sends a trip; gives the answer to its last command.
    func send(_ trip: Trip, _ work: Work) async throws -> QueryResult {
        var answer: QueryResult?
        var next = 0
        while next < trip.entries.count {
            let group = trip.group(from: next)
            if case .copy(let statement, let data) = trip.entries[next].command {
                mark(trip.entries[next])
                try await copy(statement, data, trip.entries[next].purpose, work)
            } else {
                answer = try await send(Array(trip.entries[group]), work)
            }
            next = group.upperBound
        }
        guard let answer else { throw Failure(.internalError, "cannot run nothing") }
        return answer
    }

    private func send(_ entries: [Trip.Entry], _ work: Work) async throws -> QueryResult? {
        let commands: [BatchCommand] = entries.compactMap {
            if case .batched(let command) = $0.command { command } else { nil }
        }
        let pending = entries.first?.isCommit == true ? uncommitted : nil
        if pending == nil, let first = entries.first { mark(first) }
        do {
            let results = try await worker.batch(commands) { [reporter, activity] index in
                if index == 0, let event = pending?.event { reporter.announce(event) }
                if index + 1 < entries.count { Self.mark(entries[index + 1], activity) }
            }
            if pending != nil { didCommit() }
            return results.last
        } catch let error as BatchError {
            if error.index > 0, pending != nil { didCommit() }
            // A COMMIT that was refused, or whose answer did not come, is never sent again.
            if error.index == 0, pending != nil { uncommitted = nil }
            let failed = entries[min(error.index, entries.count - 1)]
            throw explained(error.cause, failed.purpose, failed.isCommit ? pending?.work ?? work : work)
        }
    }

    private func copy(_ statement: String, _ data: [UInt8]?, _ purpose: Trip.Purpose, _ work: Work) async throws {
        do {
            if let data {
                try await worker.copyIn(statement, data: data)
            } else {
                try await worker.execute(statement)
            }
        } catch {
            throw explained(error, purpose, work)
        }
    }

    /// Runs one statement outside any transaction, alone in its message.
    func runAlone(_ statement: Statement, number: Int, of work: Work) async throws {
        let purpose = Trip.Purpose.statement(statement, number: number, of: work.section.statements.count)
        mark(Trip.Entry(purpose: purpose, command: .copy(statement.text, data: statement.copyData)))
        try await copy(statement.text, statement.copyData, purpose, work)
    }

    private func mark(_ entry: Trip.Entry) { Self.mark(entry, activity) }

    /// Tells the observer which statement the server is at.
    private static func mark(_ entry: Trip.Entry, _ activity: Activity) {
        guard case .statement(let statement, let number, let count) = entry.purpose else { return }
        activity.begin(
            Activity.Now.Statement(
                number: number, count: count, verb: statement.kind.verb, line: statement.position.line))
    }

    /// What the server's refusal of a command means.
    private func explained(_ error: any Error, _ purpose: Trip.Purpose, _ work: Work) -> any Error {
        guard let error = error as? ServerError else { return error }
        if Task.isCancelled { return CancellationError() }
        guard !error.endsSession else { return ConnectionError(error) }
        switch purpose {
        case .statement(let statement, _, _):
            return StatementError(statement: statement, error: error)
        case .commit:
            return Self.failure(error, ending: work)
        case _ where error.isStale || LockRetry.retried.contains(error.sqlState):
            return StatementError(statement: nil, error: error)
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
            return error
        }
    }

    /// A command that the server refused, before anybody has decided whether to try again.
    struct StatementError: Error {
        /// None where it was one of ours that had to wait.
        let statement: Statement?
        let error: ServerError

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
                sql: Failure.ServerReport(
                    sqlState: error.sqlState, message: error.message, detail: error.detail, hint: error.hint,
                    context: error.context, statement: statement.text))
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

extension Trip.Entry {
    var isCommit: Bool {
        if case .commit = purpose { true } else { false }
    }
}

extension ServerError {
    /// The prepared statement is gone, or no longer gives what it gave (PostgreSQL manual, "Error Codes": 26000, 0A000).
    fileprivate var isStale: Bool { sqlState == "26000" || sqlState == "0A000" }
}

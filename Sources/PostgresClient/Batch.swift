import CLibPQ
import Faults

/// One command of a batch. COPY cannot be in one (PostgreSQL manual, "Pipeline Mode").
public enum BatchCommand: Sendable {
    /// Runs a statement with parameters and keeps its rows.
    case query(Query)
    /// Runs exactly one statement; its rows are counted, not kept. Its answer is asked for at once, not with the others.
    case execute(String)
}

/// A command of a batch failed. Those before it have been run; those after it have not, and never will be.
public struct BatchError: Error {
    /// The command's place in the batch; past the last one where all were run and the end of the batch failed.
    public let index: Int
    /// What a command of its own would have thrown.
    public let cause: any Error
}

extension Connection {
    /// Runs commands one after the other in one trip to the server and back (libpq's pipeline mode).
    ///
    /// The server does not run what follows a command that failed. Each command travels alone in its message. There is no
    /// transaction around them but the ones that they begin and end themselves, and one from the first command to the first
    /// COMMIT or the end of the batch. `onCompletion` is called on the connection's queue for each command that has been
    /// run; it must not block.
    ///
    /// - Throws: `BatchError` once the commands were sent, or what kept them from being sent.
    @discardableResult
    public func batch(
        _ commands: [BatchCommand], onCompletion: (@Sendable (_ index: Int) -> Void)? = nil
    ) async throws -> [QueryResult] {
        for command in commands {
            switch command {
            case .query(let query): try Self.check(query)
            case .execute(let statement): try Self.check(statement)
            }
        }
        guard !commands.isEmpty else { return [] }
        let outcome = try await run(.batch(commands, onCompletion), in: nil)
        return outcome.batch.map { QueryResult(handle: $0.rows, tag: $0.tag, affectedRows: $0.affectedRows) }
    }
}

/// How far the server has come with a batch.
struct BatchProgress: Sendable {
    /// What it was asked for, in order: each part has an answer of its own.
    enum Part: Sendable {
        case preparation(Query, name: String)
        case command(keepsRows: Bool)
    }

    var parts: [Part] = []
    /// The part whose answer comes next.
    var position = 0
    /// The commands that have been run.
    var outcomes: [CommandOutcome] = []

    var current: Part? { position < parts.count ? parts[position] : nil }
}

/// The way of a batch through libpq.
extension Connection {
    /// Gives all commands of a batch to libpq, and the request to answer.
    func send(_ commands: [BatchCommand], to handle: ConnectionHandle) -> Bool {
        guard PQenterPipelineMode(handle.pointer) == 1 else { return false }
        var progress = BatchProgress()
        for command in commands {
            guard send(command, to: handle, &progress) else { return false }
        }
        guard PQpipelineSync(handle.pointer) == 1 else { return false }
        running?.batch = progress
        return true
    }

    private func send(_ command: BatchCommand, to handle: ConnectionHandle, _ progress: inout BatchProgress) -> Bool {
        switch command {
        case .execute(let statement):
            progress.parts.append(.command(keepsRows: false))
            return handle.send(statement: statement) && PQsendFlushRequest(handle.pointer) == 1
        case .query(let query):
            defer { progress.parts.append(.command(keepsRows: true)) }
            switch statements.decide(query) {
            case .runUnprepared: return handle.send(query)
            case .run(let name): return handle.send(query, prepared: name)
            case .prepare(let name):
                progress.parts.append(.preparation(query, name: name))
                return handle.sendPrepare(query, name: name) && handle.send(query, prepared: name)
            }
        }
    }

    /// libpq has no more results for one part of a batch.
    func batchPartIsComplete() {
        guard let part = running?.batch?.current else { return }
        running?.batch?.position += 1
        defer { readNextPartByRows() }
        guard running?.failure == nil else { return }
        switch part {
        case .preparation(let query, let name):
            statements.remember(query, as: name)
            running?.outcome = CommandOutcome()
        case .command:
            guard let outcome = running?.outcome, let index = running?.batch?.outcomes.count else { return }
            if outcome.dropsPreparedStatements { statements.forgetAll() }
            running?.batch?.outcomes.append(outcome)
            running?.outcome = CommandOutcome()
            FaultPoint.pass("answered part \(index): \(outcome.tag)")
            if case .batch(_, let onCompletion?) = running?.entry.payload.request { onCompletion(index) }
        }
    }

    /// Rows that nobody keeps are taken one by one, however many they are.
    func readNextPartByRows() {
        guard let handle, case .command(keepsRows: false) = running?.batch?.current else { return }
        PQsetSingleRowMode(handle.pointer)
    }

    /// The server has answered the whole batch.
    func batchIsComplete() {
        guard let handle else { return }
        PQexitPipelineMode(handle.pointer)
        if running?.hasStaleStatement == true { statements.forgetAll() }
        let outcomes = running?.batch?.outcomes ?? []
        running?.outcome.batch = outcomes
        running?.phase = .finished
        complete()
    }
}

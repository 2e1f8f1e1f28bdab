import CLibPQ
import Faults
import Liveness

/// The way of a command through libpq, driven by the socket's events.
extension Connection {
    func beginWatching() {
        guard let handle, end == nil else { return }
        watch = SocketWatch(socket: PQsocket(handle.pointer), queue: executor.queue) { @Sendable [weak self] in
            self?.assumeIsolated { $0.socketIsReady() }
        }
        if watch == nil { lost(nil) }
    }

    /// Starts the next command, if the server is free and nothing of the last one is left.
    func startNext() {
        while end == nil, running == nil, !isCancelInFlight, let entry = queue.next() {
            running = RunningCommand(entry: entry)
            send()
            FaultPoint.pass("sent \(entry.payload.request.gist)")
        }
    }

    // MARK: Sending

    private func send() {
        guard let handle, let command = running else { return }
        let wasSent: Bool
        switch command.entry.payload.request {
        case .query(let query):
            wasSent = send(query, isRetry: command.isRetry, to: handle)
        case .execute(let statement):
            wasSent = handle.send(statement: statement)
            PQsetSingleRowMode(handle.pointer)
        case .script(let sql):
            wasSent = PQsendQuery(handle.pointer, sql) == 1
            PQsetSingleRowMode(handle.pointer)
        case .copyIn(let statement, _):
            wasSent = handle.send(statement: statement)
        case .batch(let commands, _):
            wasSent = send(commands, to: handle)
            readNextPartByRows()
        }
        didSend(wasSent, handle)
    }

    private func send(_ query: Query, isRetry: Bool, to handle: ConnectionHandle) -> Bool {
        switch isRetry ? .runUnprepared : statements.decide(query) {
        case .runUnprepared:
            return handle.send(query)
        case .prepare(let name):
            running?.phase = .preparing(name)
            return handle.sendPrepare(query, name: name)
        case .run(let name):
            running?.phase = .executing(usesPrepared: true)
            return handle.send(query, prepared: name)
        }
    }

    private func didSend(_ wasSent: Bool, _ handle: ConnectionHandle) {
        if wasSent { return flush() }
        // A batch that is half in libpq's buffer cannot be taken out of it again.
        if handle.isBroken || PQpipelineStatus(handle.pointer) != PQ_PIPELINE_OFF { return lost(nil) }
        running?.fail(CommandError(message: "cannot send the statement: \(handle.errorMessage)"))
        running?.phase = .finished
        complete()
    }

    /// Gives libpq's output buffer to the socket, now or when the socket takes it.
    func flush() {
        guard let handle else { return }
        switch PQflush(handle.pointer) {
        case 0: watch?.awaitWriting(false)
        case 1: watch?.awaitWriting(true)
        default: drainBrokenSession()
        }
    }

    // MARK: Events

    /// Reads what is there and writes what waits to be written. What is left makes the next event: a server that sends
    /// without end does not keep others from this queue.
    private func socketIsReady() {
        guard let handle else { return }
        let isAlive = PQconsumeInput(handle.pointer) == 1
        takeNotifications()
        guard isAlive, !handle.isBroken else { return drainBrokenSession() }
        if running != nil {
            flush()
            continueCopyIn()
        }
        takeResults()
    }

    private func takeNotifications() {
        while let notification = handle?.takeNotification() {
            notificationSender.yield(notification)
        }
    }

    /// The socket is at its end: what came before it, such as a FATAL error, is still to be read.
    private func drainBrokenSession() {
        guard let handle else { return }
        if running?.isFinished == false {
            for _ in 0..<1000 where end == nil {
                if let result = PQgetResult(handle.pointer) {
                    take(ResultHandle(result), isDraining: true)
                } else if running?.batch?.current != nil {
                    batchPartIsComplete()
                } else {
                    break
                }
            }
        }
        lost(nil)
    }

    /// Reads what the server has answered so far.
    private func takeResults() {
        // The running command is looked at where it is: a copy would have the answers of a long batch copied with each.
        while let handle, running?.isFinished == false {
            switch running?.phase {
            case .copyingIn: return
            case .copyingOut:
                guard discardCopyOut(handle) else { return }
            default: break
            }
            guard PQisBusy(handle.pointer) == 0 else { return }
            if let result = PQgetResult(handle.pointer) {
                take(ResultHandle(result), isDraining: false)
            } else if handle.isBroken {
                return lost(nil)
            } else if running?.batch != nil {
                batchPartIsComplete()
            } else {
                answerIsComplete(handle)
            }
        }
    }

    private func take(_ result: ResultHandle, isDraining: Bool) {
        switch PQresultStatus(result.pointer) {
        case PGRES_SINGLE_TUPLE:
            running?.outcome.rowsReturned += 1
        case PGRES_TUPLES_OK:
            running?.outcome.read(result)
            if running?.keepsRows == true { running?.outcome.rows = result }
        case PGRES_COMMAND_OK:
            running?.outcome.read(result)
        case PGRES_EMPTY_QUERY:
            running?.outcome.tag = ""
        case PGRES_PIPELINE_SYNC:
            batchIsComplete()
        case PGRES_PIPELINE_ABORTED:
            break
        case PGRES_COPY_IN:
            // libpq cannot go on from COPY in a batch.
            if running?.batch != nil { return lost(nil) }
            if !isDraining { beginCopyIn() }
        case PGRES_COPY_OUT:
            if running?.batch != nil { return lost(nil) }
            running?.phase = .copyingOut
        case PGRES_COPY_BOTH:
            lost(nil)
        default:
            takeFailure(result)
        }
    }

    private func takeFailure(_ result: ResultHandle) {
        guard let error = ServerError(result: result.pointer) else {
            // libpq's own words: the session is broken, or it did not understand the server.
            let reason = String(cString: PQresultErrorMessage(result.pointer)).trimmingSpaces()
            if handle?.isBroken == false {
                running?.fail(CommandError(message: "cannot run the statement: \(reason)"))
            }
            return
        }
        if error.isFatal { return lost(error) }
        running?.fail(error)
        if queue.holder != nil, scopeFailure == nil { scopeFailure = error }
    }

    // MARK: The end of a command

    /// libpq has no more results for what was sent.
    private func answerIsComplete(_ handle: ConnectionHandle) {
        guard let command = running, end == nil else { return }
        if case .query(let query) = command.entry.payload.request {
            switch command.phase {
            case .preparing(let name) where command.failure == nil:
                statements.remember(query, as: name)
                running?.outcome = CommandOutcome()
                running?.phase = .executing(usesPrepared: true)
                return didSend(handle.send(query, prepared: name), handle)
            case .executing(usesPrepared: true) where command.hasStaleStatement:
                statements.forgetAll()
                guard handle.transactionStatus == .idle, !command.isCancelRequested else { break }
                running = RunningCommand(entry: command.entry)
                running?.isRetry = true
                return send()
            default: break
            }
        }
        if command.outcome.dropsPreparedStatements { statements.forgetAll() }
        if case .copyIn = command.entry.payload.request, !command.didCopyIn { running?.fail(CommandError.notCopyIn) }
        running?.phase = .finished
        complete()
    }

    /// Answers the caller, unless a request to cancel is still on its way.
    func complete() {
        guard let command = running, command.isFinished, !isCancelInFlight else { return }
        running = nil
        FaultPoint.pass("answered \(command.entry.payload.request.gist)")
        command.entry.payload.caller.resume(returning: command.reply)
        startNext()
    }
}

extension RunningCommand {
    /// Whether somebody wants the rows that come now.
    var keepsRows: Bool {
        switch entry.payload.request {
        case .query: true
        case .batch: if case .command(keepsRows: true) = batch?.current { true } else { false }
        default: false
        }
    }

    /// The prepared statement is gone (26000), or what it gives has changed its type (0A000).
    var hasStaleStatement: Bool {
        guard let state = (failure as? ServerError)?.sqlState else { return false }
        return state == "26000" || state == "0A000"
    }
}

extension CommandOutcome {
    mutating func read(_ result: ResultHandle) {
        tag = PQcmdStatus(result.pointer).map { String(cString: $0) } ?? ""
        affectedRows = PQcmdTuples(result.pointer).flatMap { Int(String(cString: $0)) }
        // Zero in single-row mode, where the rows came before.
        rowsReturned += Int(PQntuples(result.pointer))
    }
}

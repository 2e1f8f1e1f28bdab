import CLibPQ
import Dispatch
import Liveness
import Synchronization

extension ConnectionHandle {
    var backendPID: Int32 { PQbackendPID(pointer) }

    var serverVersion: Int { Int(PQserverVersion(pointer)) }

    func parameterStatus(_ name: String) -> String? {
        PQparameterStatus(pointer, name).map { String(cString: $0) }
    }

    var transactionStatus: TransactionStatus {
        switch PQtransactionStatus(pointer) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_ACTIVE: .active
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .failed
        default: .unknown
        }
    }
}

extension Connection {
    /// Ends the session. The server is asked to cancel a running command; everybody who waits gets an error.
    public func close() async {
        guard end == nil else { return }
        if running?.isFinished == false {
            sendCancel()
        }
        endSession(.closedHere)
    }

    /// Returns when the session has been closed or lost, and when the task is cancelled.
    public func waitUntilClosed() async {
        let id = CommandID(number: nextNumber())
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if end != nil || Task.isCancelled { return waiter.resume() }
                closeWaiters[id] = waiter
            }
        } onCancel: {
            executor.queue.async { self.assumeIsolated { $0.closeWaiters.removeValue(forKey: id)?.resume() } }
        }
    }

    /// The session broke. `cause` is what the server said, if it said something.
    func lost(_ cause: ServerError?) {
        guard end == nil else { return }
        let words = cause ?? notices.lastWords
        let reason = words?.message ?? handle?.errorMessage ?? ""
        let detail = reason.isEmpty ? "the server closed it" : parameters.withoutSecrets(reason)
        endSession(
            ConnectionError(
                kind: .lost, message: "lost the connection to \(parameters.place): \(detail)",
                sqlState: words?.sqlState))
    }

    func endSession(_ error: ConnectionError) {
        guard end == nil else { return }
        end = error
        usable.store(false, ordering: .releasing)
        watch?.cancel()
        watch = nil
        handle = nil
        if let command = running {
            running = nil
            command.entry.payload.caller.resume(returning: lastReply(of: command, error))
        }
        for entry in queue.removeAll() {
            entry.payload.caller.resume(returning: .failure(error))
        }
        notificationSender.finish()
        for waiter in closeWaiters.values { waiter.resume() }
        closeWaiters = [:]
    }

    /// What a command is told whose session ended while it ran.
    private func lastReply(of command: RunningCommand, _ error: ConnectionError) -> CommandReply {
        if command.isFinished { return command.reply }
        // The server says COMMIT after it has committed, so the end of the session does not matter any more.
        if case .script = command.entry.payload.request, command.failure == nil, command.outcome.tag == "COMMIT" {
            return .success(command.outcome)
        }
        // An ordinary error came first: the statement has failed for certain.
        if let failure = command.failure as? ServerError, !failure.isFatal { return command.reply }
        return .failure(command.inBatch(error.afterSending()))
    }
}

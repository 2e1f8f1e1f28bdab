import Dispatch
import Liveness

extension Connection {
    /// Asks the server to cancel the running command, if there is one, without waiting.
    public nonisolated func cancelRunning() {
        executor.queue.async { self.assumeIsolated { $0.requestCancel() } }
    }

    /// Asks the server to cancel the running command, if there is one; returns when the server has been told.
    public func cancel() async {
        requestCancel()
        await waitForCancel()
    }

    func waitForCancel() async {
        guard isCancelInFlight else { return }
        await withCheckedContinuation { cancelWaiters.append($0) }
    }

    private func requestCancel() {
        guard running?.isFinished == false else { return }
        running?.isCancelRequested = true
        sendCancel()
    }

    /// The task that waits for this command does not want it any more.
    func taskWasCancelled(_ id: CommandID) {
        if let entry = queue.remove(id) {
            entry.payload.caller.resume(returning: .failure(CancellationError()))
            return
        }
        guard running?.id == id, running?.isFinished == false else { return }
        running?.isTaskCancelled = true
        running?.isCancelRequested = true
        sendCancel()
        continueCopyIn()
    }

    /// Blocks another thread, not this queue. No command starts before it is over: the server's signal carries no name, so
    /// a late one would hit whatever runs by then.
    func sendCancel() {
        guard let canceller, !isCancelInFlight, let id = running?.id else { return }
        isCancelInFlight = true
        running?.cancelAttempts += 1
        // A queue of its own: it blocks, and the threads of the global queues are few.
        DispatchQueue(label: "PostgresClient.cancel").async { @Sendable [self] in
            canceller.send()
            executor.queue.async { @Sendable [self] in assumeIsolated { $0.cancelWasSent(id) } }
        }
    }

    private func cancelWasSent(_ id: CommandID) {
        isCancelInFlight = false
        let waiters = cancelWaiters
        cancelWaiters = []
        for waiter in waiters { waiter.resume() }
        guard let command = running else { return startNext() }
        if command.isFinished { return complete() }
        guard command.isCancelRequested else { return }
        if command.id == id { repeatCancel(id, after: command.cancelAttempts) } else { sendCancel() }
    }

    /// A signal that comes before the statement has begun is lost, so it is sent until the command ends.
    private func repeatCancel(_ id: CommandID, after attempts: Int) {
        let delay = DispatchTimeInterval.milliseconds(min(10 << min(attempts, 7), 1000))
        executor.queue.asyncAfter(deadline: .now() + delay) { @Sendable [weak self] in
            self?.assumeIsolated { connection in
                guard let command = connection.running, command.id == id, !command.isFinished else { return }
                connection.sendCancel()
            }
        }
    }
}

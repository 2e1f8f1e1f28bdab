public import Dispatch

/// Runs everything of one actor on a serial queue of its own, and so on a thread of its own while it has work: where a call
/// blocks, nobody else is held up. The threads that tasks run on otherwise are as few as the processor's cores.
public final class QueueExecutor: SerialExecutor {
    /// The queue, for whatever else must come in between the actor's own jobs: an event handler on it may enter the actor
    /// without a hop.
    public let queue: DispatchQueue

    /// Makes a queue of that name.
    public init(label: String, qos: DispatchQoS = .unspecified) {
        queue = DispatchQueue(label: label, qos: qos)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    public func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}

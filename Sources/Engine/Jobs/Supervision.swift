import Liveness

/// The loops of an engine that must not hang.
public enum SupervisedLoop: String, Sendable, CaseIterable {
    /// Connects, recovers, and works off the queue.
    case worker
    /// Looks at the running job: who is in its way, is it to be cancelled.
    case observer
    /// Follows the revision files.
    case directory
}

/// How the engine's loops say that they are alive.
public struct Supervision: Sendable {
    /// Is told which loop is alive; with false, that it goes to wait for work.
    public typealias Beat = @Sendable (SupervisedLoop, _ isAtWork: Bool) -> Void

    /// How often a loop that is at work has to be heard of; nil where nobody listens.
    let interval: Duration?
    let beat: Beat

    /// Makes one that reports to `beat`, at least every `interval`.
    public init(interval: Duration?, beat: @escaping Beat) {
        self.interval = interval
        self.beat = beat
    }

    /// Nobody listens.
    public static let none = Supervision(interval: nil) { _, _ in }

    /// Does some work of a loop, and reports for as long as it goes on or waits for something outside: a slow database
    /// must not stop this, a hung program must.
    func over<R>(_ loop: SupervisedLoop, _ body: () async throws -> R) async throws -> R {
        guard let interval else { return try await body() }
        let vigil = Vigil()
        beat(loop, true)
        let beats = Task {
            while !Task.isCancelled {
                if vigil.isAlive() { beat(loop, true) }
                try await Task.sleep(for: interval)
            }
        }
        let result: Result<R, any Error>
        do {
            result = .success(try await Vigil.$current.withValue(vigil) { try await body() })
        } catch {
            result = .failure(error)
        }
        // Its last beat comes before whatever is told next.
        beats.cancel()
        _ = await beats.result
        return try result.get()
    }
}

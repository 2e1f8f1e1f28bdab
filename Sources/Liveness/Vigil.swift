import Synchronization

/// Tells a loop that is slow from one that hangs.
///
/// Whoever waits for something outside (a server, a program, a disk, a pause that was meant) says so, and may wait for
/// hours. Whoever works on something long says now and then that it goes on. A loop that does neither hangs. It travels
/// with the task: the floors that wait need not know who watches them.
public final class Vigil: Sendable {
    /// The vigil over the task that asks; nil where nobody keeps one.
    @TaskLocal public static var current: Vigil?

    private struct State {
        var waits = 0
        var hasMoved = true
    }

    private let state = Mutex(State())

    /// Makes a vigil over what begins now.
    public init() {}

    /// Whether what is watched waits for something outside, or has gone on since this was asked last.
    public func isAlive() -> Bool {
        state.withLock { state in
            defer { state.hasMoved = false }
            return state.waits > 0 || state.hasMoved
        }
    }

    /// The task goes on.
    public static func move() { current?.state.withLock { $0.hasMoved = true } }

    /// Waits for something outside, however long it takes.
    public static func waiting<Result, Problem: Error>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Problem) -> Result
    ) async throws(Problem) -> Result {
        let vigil = current
        vigil?.add(1)
        defer { vigil?.add(-1) }
        return try await body()
    }

    /// Waits for the system, in a call that blocks.
    public static func blocking<Result, Problem: Error>(_ body: () throws(Problem) -> Result) throws(Problem) -> Result
    {
        let vigil = current
        vigil?.add(1)
        defer { vigil?.add(-1) }
        return try body()
    }

    private func add(_ count: Int) {
        state.withLock { state in
            state.waits += count
            state.hasMoved = true
        }
    }
}

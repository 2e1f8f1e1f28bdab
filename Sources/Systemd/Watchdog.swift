import CSystemd
public import ServiceLifecycle
import Synchronization

/// Keeps the service manager's watchdog content for as long as every supervised loop reports in time.
///
/// Each loop that must not hang gets a ``Heartbeat`` and reports within its bound. One that waits for work, however
/// long, says so and is not supervised meanwhile. When one is late, the service manager is told nothing more, and ends
/// us; when it reports again in time, all is well again.
public struct Watchdog: Service {
    /// A loop that is late.
    public struct Stall: Sendable, Equatable {
        /// The loop's name.
        public var name: String
        /// How long ago it reported.
        public var silence: Duration
        /// How often it should.
        public var bound: Duration
        /// Whether an earlier round has told of it.
        public var isKnown = false
    }

    /// How often the service manager wants to hear of us, or nil where it has no watchdog.
    public let interval: Duration?
    private let notifier: ServiceNotifier
    private let ledger: HeartbeatLedger
    private let onStall: (@Sendable ([Stall]) -> Void)?

    /// Makes a watchdog.
    ///
    /// - Parameters:
    ///   - interval: The service manager's interval; found in the environment where nothing is said.
    ///   - onStall: Is told which loops are late, at each round in which some are.
    public init(
        notifier: ServiceNotifier = ServiceNotifier(), interval: Duration? = Watchdog.configuredInterval(),
        onStall: (@Sendable ([Stall]) -> Void)? = nil
    ) {
        self.notifier = notifier
        self.interval = interval
        self.onStall = onStall
        ledger = HeartbeatLedger()
    }

    /// What the service manager has said in our environment, or nil where it has no watchdog for this process.
    public static func configuredInterval() -> Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    /// How often a loop that is at work should report: several times within its bound. Nil where there is no watchdog.
    public var beatInterval: Duration? { interval.map { min(.seconds(5), $0 / 5) } }

    /// Supervises one more loop, from now on or from its first report on, until its heartbeat is ended or nobody holds it
    /// any more. Its bound is the service manager's interval, where nothing else is said.
    public func supervise(_ name: String, within bound: Duration? = nil, isIdle: Bool = false) -> Heartbeat {
        let bound = bound ?? interval ?? .seconds(60)
        return Heartbeat(ledger.enter(name, within: bound, isIdle: isIdle, now: SuspendingClock().now), ledger)
    }

    /// The loops that are late just now.
    public func stalls() -> [Stall] { ledger.stalls(now: SuspendingClock().now) }

    /// How much time the loop that is nearest to being late has left; nil where none is supervised now.
    public func margin() -> Duration? { ledger.margin(now: SuspendingClock().now) }

    /// Tells the service manager twice in its interval that all is well, if it is; ends when the service group stops
    /// it, after all others.
    public func run() async throws {
        let pause = (interval ?? .seconds(3600)) / 2
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                round()
                try? await Task.sleep(for: pause, clock: .suspending)
            }
        }
    }

    /// One round: the service manager hears of us unless a loop is late.
    private func round() {
        guard interval != nil else { return }
        let late = ledger.stalls(now: SuspendingClock().now)
        if late.isEmpty { notifier.watchdog() } else { onStall?(late) }
        ledger.know(late)
    }
}

/// A supervised loop's way to say that it is alive.
public final class Heartbeat: Sendable {
    private let number: Int
    private let ledger: HeartbeatLedger

    init(_ number: Int, _ ledger: HeartbeatLedger) {
        self.number = number
        self.ledger = ledger
    }

    deinit { ledger.leave(number) }

    /// The loop is alive, and at work: it is supervised.
    public func report() { ledger.report(number, isIdle: false, now: SuspendingClock().now) }

    /// The loop waits for work, however long that takes: it is not supervised until it reports again.
    public func idle() { ledger.report(number, isIdle: true, now: SuspendingClock().now) }

    /// The loop has ended as it should: it is not supervised any more.
    public func end() { ledger.leave(number) }

    /// Marks the loop idle while `body` waits, and supervises it again after.
    public func whileIdle<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        idle()
        defer { report() }
        return try await body()
    }
}

/// Who reported when.
final class HeartbeatLedger: Sendable {
    typealias Instant = SuspendingClock.Instant

    private struct Entry {
        var name: String
        var bound: Duration
        var last: Instant
        var isIdle: Bool
        var isTold = false

        func silence(_ now: Instant) -> Duration { now - last }
        func isLate(_ now: Instant) -> Bool { !isIdle && silence(now) > bound }
        func stall(_ now: Instant) -> Watchdog.Stall {
            Watchdog.Stall(name: name, silence: silence(now), bound: bound, isKnown: isTold)
        }
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    func enter(_ name: String, within bound: Duration, isIdle: Bool = false, now: Instant) -> Int {
        state.withLock { state in
            state.next += 1
            state.entries[state.next] = Entry(name: name, bound: bound, last: now, isIdle: isIdle)
            return state.next
        }
    }

    func report(_ number: Int, isIdle: Bool, now: Instant) {
        state.withLock { state in
            state.entries[number]?.last = now
            state.entries[number]?.isIdle = isIdle
            state.entries[number]?.isTold = false
        }
    }

    func leave(_ number: Int) { state.withLock { $0.entries[number] = nil } }

    func stalls(now: Instant) -> [Watchdog.Stall] {
        state.withLock { state in
            state.entries.sorted { $0.key < $1.key }.map(\.value).filter { $0.isLate(now) }.map { $0.stall(now) }
        }
    }

    /// Remembers that these have been told of.
    func know(_ stalls: [Watchdog.Stall]) {
        let names = Set(stalls.map(\.name))
        state.withLock { state in
            for (number, entry) in state.entries where names.contains(entry.name) {
                state.entries[number]?.isTold = true
            }
        }
    }

    func margin(now: Instant) -> Duration? {
        state.withLock { state in
            state.entries.values.filter { !$0.isIdle }.map { $0.bound - $0.silence(now) }.min()
        }
    }
}

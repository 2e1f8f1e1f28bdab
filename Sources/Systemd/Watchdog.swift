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

    /// Supervises one more loop, from now on, until its heartbeat is ended or nobody holds it any more.
    public func supervise(_ name: String, within bound: Duration) -> Heartbeat {
        Heartbeat(ledger.enter(name, within: bound, now: SuspendingClock().now), ledger)
    }

    /// The loops that are late just now.
    public func stalls() -> [Stall] { ledger.stalls(now: SuspendingClock().now) }

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
        let late = stalls()
        if late.isEmpty { notifier.watchdog() } else { onStall?(late) }
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
        var isIdle = false
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    func enter(_ name: String, within bound: Duration, now: Instant) -> Int {
        state.withLock { state in
            state.next += 1
            state.entries[state.next] = Entry(name: name, bound: bound, last: now)
            return state.next
        }
    }

    func report(_ number: Int, isIdle: Bool, now: Instant) {
        state.withLock { state in
            state.entries[number]?.last = now
            state.entries[number]?.isIdle = isIdle
        }
    }

    func leave(_ number: Int) { state.withLock { $0.entries[number] = nil } }

    func stalls(now: Instant) -> [Watchdog.Stall] {
        let entries = state.withLock { state in state.entries.sorted { $0.key < $1.key }.map(\.value) }
        return entries.filter { !$0.isIdle && now - $0.last > $0.bound }
            .map { Watchdog.Stall(name: $0.name, silence: now - $0.last, bound: $0.bound) }
    }
}

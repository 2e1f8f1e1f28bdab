/// How attempts at table locks are spaced: short, growing time-outs, so that those behind us in the lock's queue never
/// wait long, full jitter between attempts, a budget for all of it, and never a last try without limit.
struct LockRetry: Sendable {
    let settings: LockBudget
    /// The server's `deadlock_timeout`. Below it, we give way before the server looks for a deadlock.
    let deadlockTimeout: Duration

    /// The `lock_timeout` of an attempt, counted from 0, at a time into the budget. `patience` is how long those behind us
    /// can be expected to wait for it; only the last attempts, which must succeed, go beyond.
    func timeout(attempt: Int, elapsed: Duration, patience: Duration? = nil) -> Duration {
        let grown = settings.first * (1 << min(attempt, 16))
        let isLate = elapsed > settings.budget * 3 / 4
        let polite = max(settings.first, deadlockTimeout * 9 / 10)
        guard !isLate else { return min(grown, settings.longest) }
        return min(grown, polite, settings.longest, patience ?? settings.longest)
    }

    /// The pause before the next attempt; nil where the budget is spent.
    func pause(afterAttempt attempt: Int, elapsed: Duration) -> Duration? {
        guard elapsed < settings.budget else { return nil }
        let shortest = settings.pause.seconds
        let longest = min(settings.longestPause.seconds, shortest * Double(1 << min(attempt + 1, 16)))
        let pause = Duration.seconds(Double.random(in: shortest...max(shortest, longest)))
        return min(pause, settings.budget - elapsed)
    }

    /// Errors after which the whole transaction is tried again: lock_not_available and deadlock_detected.
    static let retried: Set<String> = ["55P03", "40P01"]
}

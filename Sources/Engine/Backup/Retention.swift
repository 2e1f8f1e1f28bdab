import Planning

/// Which backups are to go, by the rules: a pure function of what there is.
struct Retention: Sendable {
    let rules: BackupRules
    let now: Timestamp

    /// A whole backup, as far as this is concerned.
    struct Kept: Sendable, Hashable {
        var name: String
        var takenAt: Timestamp
        var size: Int64
    }

    /// The names of those that are to go. Never the newest, nor one that is needed.
    func doomed(_ backups: [Kept], needed: Set<String>) -> [String] {
        let newestFirst = backups.sorted { ($0.takenAt, $0.name) > ($1.takenAt, $1.name) }
        let weekly = newestOfWeeks(newestFirst)
        var kept: [Kept] = []
        var doomed: [String] = []
        for (index, backup) in newestFirst.enumerated() {
            let isCounted = index < max(1, rules.keep) && !isTooOld(backup)
            if index == 0 || isCounted || weekly.contains(backup.name) || needed.contains(backup.name) {
                kept.append(backup)
            } else {
                doomed.append(backup.name)
            }
        }
        return doomed + tooMuch(kept, sparing: weekly, needed: needed)
    }

    private func isTooOld(_ backup: Kept) -> Bool {
        guard let limit = rules.keepFor else { return false }
        return now.microseconds - backup.takenAt.microseconds > limit.milliseconds * 1000
    }

    /// The newest backup of each of the latest weeks. Weeks begin with the Monday, as in ISO 8601.
    private func newestOfWeeks(_ newestFirst: [Kept]) -> Set<String> {
        let week: Int64 = 7 * 86_400 * 1_000_000
        // 1970 began with a Thursday.
        let monday: Int64 = 3 * 86_400 * 1_000_000
        let present = (now.microseconds + monday) / week
        var seen: Set<Int64> = []
        return Set(
            newestFirst.filter { backup in
                let number = (backup.takenAt.microseconds + monday) / week
                return present - number < Int64(rules.keepWeekly) && seen.insert(number).inserted
            }.map(\.name))
    }

    /// What has to go for the size that all may have together: the oldest first, those of weeks last.
    private func tooMuch(_ newestFirst: [Kept], sparing weekly: Set<String>, needed: Set<String>) -> [String] {
        guard let limit = rules.keepSize else { return [] }
        var size = newestFirst.reduce(0) { $0 + $1.size }
        let oldestFirst = newestFirst.dropFirst().reversed().filter { !needed.contains($0.name) }
        let order = oldestFirst.filter { !weekly.contains($0.name) } + oldestFirst.filter { weekly.contains($0.name) }
        var doomed: [String] = []
        for backup in order where size > limit {
            size -= backup.size
            doomed.append(backup.name)
        }
        return doomed
    }
}

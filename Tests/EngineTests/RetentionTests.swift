import Planning
import Testing

@testable import Engine

@Suite struct RetentionTests {
    private static let day: Int64 = 86_400_000_000
    /// A Sunday.
    private static let now = Timestamp(microseconds: 1_795_348_800_000_000)

    private static func backup(_ daysAgo: Int64, size: Int64 = 1) -> Retention.Kept {
        Retention.Kept(
            name: "d\(daysAgo)", takenAt: Timestamp(microseconds: now.microseconds - daysAgo * day), size: size)
    }

    private static func doomed(
        _ backups: [Retention.Kept], needed: Set<String> = [], _ change: (inout BackupRules) -> Void
    ) -> [String] {
        var rules = BackupRules(directory: "/b")
        rules.keep = 100
        change(&rules)
        return Retention(rules: rules, now: now).doomed(backups.shuffled(), needed: needed)
    }

    private static let days = (0..<30).map { backup(Int64($0)) }

    @Test func byNumber() {
        #expect(Self.doomed(Self.days) { $0.keep = 28 } == ["d28", "d29"])
        #expect(Self.doomed(Self.days) { $0.keep = 0 }.count == 29)
        #expect(Self.doomed([]) { $0.keep = 1 } == [])
    }

    @Test func byAge() {
        #expect(Self.doomed(Self.days) { $0.keepFor = .seconds(27 * 86_400) } == ["d28", "d29"])
        // The newest one stays, however old it is.
        #expect(Self.doomed([Self.backup(50), Self.backup(60)]) { $0.keepFor = .seconds(60) } == ["d60"])
    }

    @Test func bySize() {
        let large = (0..<4).map { Self.backup(Int64($0), size: 10) }
        #expect(Self.doomed(large) { $0.keepSize = 25 } == ["d3", "d2"])
        #expect(Self.doomed(large) { $0.keepSize = 0 } == ["d3", "d2", "d1"])
    }

    @Test func oneAWeekStays() {
        // Mondays are 6, 13, 20 and 27 days ago: the newest of a week is its Sunday.
        let gone = Self.doomed(Self.days) {
            $0.keep = 2
            $0.keepWeekly = 3
        }
        #expect(Set((0..<30).map { "d\($0)" }).subtracting(gone) == ["d0", "d1", "d7", "d14"])
        // Those of weeks go last where there is too much.
        let both = Self.doomed([Self.backup(0), Self.backup(7), Self.backup(8), Self.backup(3)]) {
            $0.keepWeekly = 2
            $0.keepSize = 2
        }
        #expect(both == ["d8", "d3"])
    }

    @Test func whatIsNeededStays() {
        #expect(Self.doomed(Self.days, needed: ["d29"]) { $0.keep = 28 } == ["d28"])
        #expect(Self.doomed(Self.days, needed: ["d29"]) { $0.keepSize = 0 }.contains("d29") == false)
    }
}

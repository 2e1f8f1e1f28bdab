import Glibc
import TestSupport
import Testing
import Torture

/// A taste of what `make torture` does for as long as it is told to: from a seed that is printed, and may be given as
/// `MIGRATED_TORTURE_SEED`. What has not struck proves nothing: each kind of fault must have, within a generous time.
@Suite struct OrdealTests {
    /// Some of the points of each story, another choice each time.
    @Test(arguments: Story.all)
    func aStoryEndsWellWhereverItIsKilled(_ story: Story) async throws {
        try await tortured(for: .seconds(20)) { tally, deadline, random in
            try await CrashSweep(story, tally).run(stride: 29, until: deadline, &random)
            #expect(tally.faults("kill at a point of \(story.name)") > 0)
        }
    }

    /// Every one of the moments between two statements about databases, and around the ledger that tells of them: of a
    /// restore in the place of the database, and of one beside it.
    @Test(arguments: Story.restores.prefix(2))
    func aRestoreEndsWellBetweenAnyTwoStatements(_ story: Story) async throws {
        try await tortured(for: .seconds(1200)) { tally, deadline, random in
            let places = ["DATABASE", "the rename to main", "renamed to main", "/restores"]
            let isWhole = try await CrashSweep(story, at: places, tally).run(stride: 1, until: deadline, &random)
            #expect(isWhole)
            #expect(tally.faults("kill at a point of \(story.name)") >= 5)
        }
    }

    @Test func aCommitIsSettledWhereverItsConnectionIsCut() async throws {
        try await tortured(for: .seconds(400)) { tally, deadline, random in
            // Each cut whatever follows it, and each of what follows whatever the cut was.
            let kinds = CommitCuts.kinds
            let wanted = kinds + kinds[0].indices.map { place in kinds.map { $0[place] } }
            let isEnough = { wanted.allSatisfy { $0.contains { tally.faults($0) > 0 } } }
            try await CommitCuts(tally).run(until: deadline, orOnce: isEnough, &random)
            for alike in wanted { #expect(alike.contains { tally.faults($0) > 0 }, "none of \(alike)") }
            #expect(tally.work("upgrades done") > 0)
        }
    }

    @Test func severalDaemonsAreAsOne() async throws {
        try await tortured(for: .seconds(300)) { tally, deadline, random in
            let wanted = [
                ["daemon killed"], ["daemon paused"], ["daemon paused beyond every time-out"], ["connections cut"],
                ["server crashed", "server restarted"],
            ]
            let isEnough: @Sendable () -> Bool = {
                wanted.allSatisfy { $0.contains { tally.faults($0) > 0 } }
                    && tally.work("watches moved to another daemon") > 0
            }
            try await SeveralDaemons(tally).run(until: deadline, orOnce: isEnough, &random)
            for alike in wanted { #expect(alike.contains { tally.faults($0) > 0 }, "none of \(alike)") }
            #expect(tally.work("upgrades done by several daemons") > 0)
            #expect(tally.work("watches moved to another daemon") > 0)
        }
    }

    @Test func aPromotedStandbyGoesOn() async throws {
        try await tortured(for: .seconds(15)) { tally, deadline, random in
            try await Promotions(tally).run(until: deadline, &random)
            #expect(tally.faults("standby promoted") > 0)
        }
    }

    @Test func theSocketWithstandsWhatIsNoCall() async throws {
        try await tortured(for: .seconds(8)) { tally, deadline, random in
            try await SocketFuzz(tally).run(until: deadline, &random)
            #expect(tally.work("hostile messages that were answered or ended") > 0)
            #expect(tally.work("statuses among hostile clients") > 0)
        }
    }

    private func tortured(
        for time: Duration,
        _ body: (Tally, ContinuousClock.Instant, inout SeededGenerator) async throws -> Void
    ) async throws {
        let given = getenv("MIGRATED_TORTURE_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? .random(in: 0...999_999)
        print("seed: \(seed)")
        let tally = Tally()
        var random = SeededGenerator(seed: seed)
        try await body(tally, .now + time, &random)
        #expect(tally.violations == [], "MIGRATED_TORTURE_SEED=\(seed)")
    }
}

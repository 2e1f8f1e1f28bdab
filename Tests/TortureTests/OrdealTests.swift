import TestSupport
import Testing
import Torture

/// A taste of what `make torture` does for as long as it is told to: one seed, printed, and a minute or two.
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
        try await tortured(for: .seconds(20)) { tally, deadline, random in
            try await CommitCuts(tally).run(until: deadline, &random)
            #expect(tally.work("upgrades done") > 0)
        }
    }

    @Test func severalDaemonsAreAsOne() async throws {
        try await tortured(for: .seconds(25)) { tally, deadline, random in
            try await SeveralDaemons(tally).run(until: deadline, &random)
            #expect(tally.work("upgrades done by several daemons") > 0)
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
            #expect(tally.work("hostile messages") > 0)
        }
    }

    private func tortured(
        for time: Duration,
        _ body: (Tally, ContinuousClock.Instant, inout SeededGenerator) async throws -> Void
    ) async throws {
        let seed = UInt64.random(in: 0...999_999)
        print("seed: \(seed)")
        let tally = Tally()
        var random = SeededGenerator(seed: seed)
        try await body(tally, .now + time, &random)
        #expect(tally.violations == [], "seed \(seed)")
    }
}

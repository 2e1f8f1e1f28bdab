/// All ways to ill-treat the programs, in a time and from a seed.
public struct Ordeal: Sendable {
    let duration: Duration
    let seed: UInt64

    /// An ordeal of so long.
    public init(duration: Duration, seed: UInt64) {
        self.duration = duration
        self.seed = seed
    }

    /// How many points of a story lie between two that the first round of a sweep visits.
    private static let stride = 16

    /// Goes through all of it; returns what happened.
    public func run() async -> Tally {
        let tally = Tally()
        var random = SeededGenerator(seed: seed)
        let start = ContinuousClock.now
        await withTaskGroup { group in
            for story in Story.all {
                var random = random.fork()
                group.addTask {
                    await Self.part("sweeping: \(story.name)", tally) {
                        let sweep = CrashSweep(story, tally)
                        let isWhole = try await sweep.run(stride: Self.stride, until: start + duration / 2, &random)
                        if isWhole { tally.did("whole sweeps") }
                    }
                }
            }
        }
        await Self.part("cutting COMMITs", tally) {
            try await CommitCuts(tally).run(until: start + duration * 13 / 20, &random)
        }
        await Self.part("several daemons", tally) {
            try await SeveralDaemons(tally).run(until: start + duration * 19 / 20, &random)
        }
        await Self.part("hostile clients", tally) {
            try await SocketFuzz(tally).run(until: start + duration, &random)
        }
        return tally
    }

    /// What keeps a part from its end is a violation like any other.
    private static func part(_ name: String, _ tally: Tally, _ body: () async throws -> Void) async {
        StandardOutput.write(name)
        do {
            try await body()
        } catch {
            tally.violated("\(name): \(error)")
        }
    }
}

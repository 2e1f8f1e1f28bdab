import TestSupport

/// All ways to ill-treat the programs, in a time and from a seed.
public struct Ordeal: Sendable {
    /// One of the ways.
    public enum Part: String, CaseIterable, Sendable {
        /// Kills at every point.
        case sweeps
        /// Connections that are cut around COMMIT.
        case commits
        /// Several daemons, killed, paused and cut off.
        case daemons
        /// Standbys that take over.
        case promotions
        /// Clients that send what is no call.
        case clients

        /// How much of the time it gets, of all together.
        fileprivate var share: Int {
            switch self {
            case .sweeps: 8
            case .commits: 3
            case .daemons: 5
            case .promotions: 3
            case .clients: 1
            }
        }
    }

    let duration: Duration
    let seed: UInt64
    let parts: [Part]
    let stories: [Story]
    let points: [Int]
    let places: [String]

    /// An ordeal of so long, by all means or only by some.
    ///
    /// - Parameters:
    ///   - stories: Those that are swept.
    ///   - points: Only these of their points, once, where there are any.
    ///   - places: Only the points whose place has one of these words, where there are any.
    public init(
        duration: Duration, seed: UInt64, parts: [Part] = Part.allCases, stories: [Story] = Story.all,
        points: [Int] = [], places: [String] = []
    ) {
        self.stories = stories
        self.points = points
        self.places = places
        self.duration = duration
        self.seed = seed
        self.parts = parts
    }

    /// How many points of a story lie between two that the first round of a sweep visits.
    private static let stride = 16

    /// Goes through all of it, and counts what happens.
    public func run(_ tally: Tally) async {
        let all = parts.map(\.share).reduce(0, +)
        let start = ContinuousClock.now
        var spent = 0
        // Each part has its own choices, whichever others are played.
        for part in parts {
            spent += part.share
            var random = SeededGenerator(seed: seed)
            let deadline = start + duration * spent / all
            await Self.guarded(part.rawValue, tally) { try await play(part, tally, until: deadline, &random) }
        }
    }

    private func play(
        _ part: Part, _ tally: Tally, until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator
    ) async throws {
        switch part {
        case .sweeps: await sweep(tally, until: deadline, &random)
        case .commits: try await CommitCuts(tally).run(until: deadline, &random)
        case .daemons: try await SeveralDaemons(tally).run(until: deadline, &random)
        case .promotions: try await Promotions(tally).run(until: deadline, &random)
        case .clients: try await SocketFuzz(tally).run(until: deadline, &random)
        }
    }

    /// How many performances there are at the most, of all stories together.
    private static let lanes = 4

    /// The stories side by side, each from its beginning to its end, and all once more where there is time left.
    private func sweep(
        _ tally: Tally, until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator
    ) async {
        var goesOn = true
        while goesOn {
            let areSwept = await withTaskGroup(of: Bool.self) { group in
                for story in stories {
                    var random = random.fork()
                    group.addTask {
                        await Self.guarded("sweeping: \(story.name)", tally) {
                            try await sweep(story, tally, until: deadline, &random)
                        }
                    }
                }
                return await group.reduce(true) { $0 && $1 }
            }
            goesOn = areSwept && points.isEmpty && ContinuousClock.now < deadline
        }
    }

    /// What lasts first, then all of it; or only what was asked for, which is little.
    private func sweep(
        _ story: Story, _ tally: Tally, until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator
    ) async throws {
        let lanes = max(2, Self.lanes / stories.count)
        let chosen = places.isEmpty ? [CrashSweep.lasting, []] : [places]
        let sweeps = chosen.map { CrashSweep(story, at: $0, tally) }
        if points.isEmpty { for sweep in sweeps { tally.intends(sweep.name) } }
        for sweep in sweeps {
            guard points.isEmpty else {
                try await sweep.visit(points)
                continue
            }
            guard
                try await sweep.run(
                    stride: places.isEmpty ? Self.stride : lanes, lanes: lanes, until: deadline, &random)
            else { return }
            tally.did("whole sweeps of \(sweep.name)")
        }
    }

    /// What keeps a part from its end is a violation like any other.
    ///
    /// - Returns: whether it came to its end.
    @discardableResult
    private static func guarded(_ name: String, _ tally: Tally, _ body: () async throws -> Void) async -> Bool {
        StandardOutput.write(name)
        do {
            try await body()
            return true
        } catch {
            tally.violated("\(name): \(error)")
            return false
        }
    }
}

import Glibc
import Planning
public import TestSupport

/// Plays a story again and again, the daemon killed at its first point, its second, its third …, until one performance
/// passes unharmed. After each kill a fresh daemon goes on, and the end must be the same.
public struct CrashSweep: Sendable {
    let story: Story
    let places: [String]
    let tally: Tally

    /// The places at which something is done that lasts, or that others see: what writes, locks, makes and removes, programs
    /// and answers. What only reads is left out, most of which are looks that are repeated for as long as a job takes.
    static let lasting = [
        "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "INSERT", "UPDATE", "DELETE", "WITH", "CREATE",
        "ALTER", "DROP", "TRUNCATE", "GRANT", "REVOKE", "COMMENT", "ANALYZE", "DO ", "LOCK", "NOTIFY", "LISTEN",
        "advisory", "terminate", "a batch of", "part ", "called", "reply", "before", "start", "ended", "renamed",
        "linked", "published",
    ]

    /// What it is called in the figures.
    var name: String {
        story.name + (places.isEmpty ? "" : places == Self.lasting ? ", where something lasts" : " in places")
    }

    /// Sweeps a story.
    ///
    /// - Parameter places: Words; only the points whose place has one of them are visited, where there are any.
    public init(_ story: Story, at places: [String] = [], _ tally: Tally) {
        self.story = story
        self.places = places
        self.tally = tally
    }

    /// Visits the points in an order that gives a picture of the whole early: every `stride`th first, from an offset,
    /// then those between. Ends with the last point, or when the time is up, and visits one at least.
    ///
    /// - Parameter lanes: How many performances there are side by side.
    /// - Returns: whether every point was visited.
    @discardableResult
    public func run(
        stride: Int, lanes: Int = 1, until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator
    ) async throws -> Bool {
        tally.intends(name)
        let offsets = (1...stride).shuffled(using: &random)
        let isWhole = try await withThrowingTaskGroup(of: Bool.self) { group in
            for lane in 0..<lanes {
                let own = Swift.stride(from: lane, to: stride, by: lanes).map { offsets[$0] }
                group.addTask { try await visit(own, stride, until: deadline) }
            }
            return try await group.reduce(true) { $0 && $1 }
        }
        if isWhole { tally.swept(name) }
        return isWhole
    }

    private func visit(_ offsets: [Int], _ stride: Int, until deadline: ContinuousClock.Instant) async throws -> Bool {
        try await Layout.with(story, tally) { layout in
            var isFirst = true
            for offset in offsets {
                for point in Swift.stride(from: offset, through: Int.max, by: stride) {
                    guard isFirst || ContinuousClock.now < deadline else { return false }
                    isFirst = false
                    guard try await play(point, layout) else {
                        StandardOutput.write("\(story.name): no point \(point)")
                        break
                    }
                    tally.visited(point, of: name)
                }
            }
            return true
        }
    }

    /// Visits only these points.
    public func visit(_ points: [Int]) async throws {
        try await Layout.with(story, tally) { layout in
            for point in points { _ = try await play(point, layout) }
        }
    }

    /// One performance. Returns whether there may be further points: the daemon was killed in this one, or what was found
    /// kept it from getting so far.
    private func play(_ point: Int, _ layout: Layout) async throws -> Bool {
        try await layout.withStage(tally) { stage in
            do {
                return try await play(point, on: stage)
            } catch let error where Self.isFinding(error) {
                tally.violated("\(story.name), point \(point): \(error)")
                // Nothing of it must be in the way of the next.
                try await stage.harness.end(SIGKILL)
                _ = try await Writer.databaseViolations(stage.database)
                return true
            }
        }
    }

    private func play(_ point: Int, on stage: Stage) async throws -> Bool {
        let harness = stage.harness
        var environment = ["MIGRATED_FAULT_POINT": "\(point)"]
        if !places.isEmpty { environment["MIGRATED_FAULT_PLACES"] = places.joined(separator: ",") }
        try await harness.launch(environment: environment)
        var place: String?
        var isBroken = false
        do {
            place = try await withNurse(harness) { try await story.act(stage) }
        } catch let error where Self.isFinding(error) {
            tally.violated("\(story.name), point \(point): \(error)")
            isBroken = true
        }
        let outcome = try await harness.end()
        if outcome.ending == .signal(SIGKILL) {
            place = Self.place(in: outcome.errors)
            try await harness.start()
            try await harness.end()
        } else if outcome.ending != .exit(0), outcome.ending != .signal(SIGTERM) {
            // Whoever is asked to end before it can take a signal does so by it.
            tally.violated("\(story.name), point \(point): the daemon ended with \(outcome.status)")
        }
        var found = try await story.end.violations(in: stage.database, harness)
        found += try await Orphans.left(of: harness.directory).map { "a program is left: \($0)" }
        for violation in found {
            tally.violated("\(story.name), point \(point) (\(place ?? "unharmed")): \(violation)")
        }
        tally.did("performances of \(story.name)")
        if place != nil { tally.struck("kill at a point of \(story.name)") }
        return place != nil || isBroken
    }

    /// Whether it says something of the daemon. All else keeps the sweep from going on.
    private static func isFinding(_ error: any Error) -> Bool { error is TookTooLong || error is Failure }

    /// Replaces the daemon once when it is killed, as a service manager would. Returns the place where it was.
    private func withNurse(_ harness: DaemonHarness, _ body: @escaping @Sendable () async throws -> Void) async throws
        -> String?
    {
        let first = try harness.daemon
        let nurse = Task { () -> String? in
            let outcome = try await first.wait(upTo: Stage.patience * 2)
            guard outcome.ending == .signal(SIGKILL) else { return nil }
            try await harness.launch()
            return Self.place(in: outcome.errors)
        }
        do {
            try await body()
        } catch {
            nurse.cancel()
            _ = await nurse.result
            throw error
        }
        nurse.cancel()
        return try? await nurse.value
    }

    private static func place(in errors: String) -> String {
        errors.split(separator: "\n").last { $0.hasPrefix("fault point ") }.map(String.init) ?? "killed"
    }
}

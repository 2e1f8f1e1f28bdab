public import ArgumentParser
import Glibc
public import Torture

/// Ill-treats `migrated` for as long as it is told, and says what came of it.
@main
struct MigratedTorture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrated-torture",
        abstract: "Kill, cut and pause the daemon at every moment, and count what goes wrong.")

    @Option(help: "How long, in seconds.")
    var duration = 600

    @Option(help: "What the random choices come from; another one each time where none is given.")
    var seed: UInt64?

    @Option(name: .customLong("part"), help: "Only one of the ways: sweeps, commits, daemons, promotions or clients.")
    var parts: [Ordeal.Part] = Ordeal.Part.allCases

    @Option(
        name: .customLong("story"),
        help: "Only one of the stories that are swept: \(Story.all.map(\.name).joined(separator: ", ")).")
    var stories: [String] = []

    @Option(name: .customLong("point"), help: "Only this point of the stories, to see again what was found there.")
    var points: [Int] = []

    @Option(name: .customLong("place"), help: "Only the points of the stories whose place has one of these words.")
    var places: [String] = []

    func validate() throws {
        let known = Story.all.map(\.name)
        guard let other = stories.first(where: { !known.contains($0) }) else { return }
        throw ValidationError("there is no story \"\(other)\"; the stories are \(known.joined(separator: ", "))")
    }

    func run() async throws {
        let seed = seed ?? .random(in: 0...999_999)
        StandardOutput.write("seed: \(seed)")
        let chosen = stories.isEmpty ? Story.all : Story.all.filter { stories.contains($0.name) }
        let tally = Tally()
        Interruption.act { Glibc.exit(Self.report(tally)) }
        await Ordeal(
            duration: .seconds(duration), seed: seed, parts: parts, stories: chosen, points: points, places: places
        ).run(tally)
        throw ExitCode(Self.report(tally))
    }

    /// Writes the figures; returns the exit status.
    private static func report(_ tally: Tally) -> Int32 {
        for line in tally.report { StandardOutput.write(line) }
        return tally.violations.isEmpty ? 0 : 1
    }
}

extension Ordeal.Part: ExpressibleByArgument {}

import Commands
import Glibc

@main
struct Migratectl {
    /// The main thread only waits: were it Swift's main actor, it would be ended first, which takes the library that unwinds
    /// stacks, and a millisecond to load it.
    static func main() {
        Task.detached { exit(await CommandLineProgram.run(Array(CommandLine.arguments.dropFirst()))) }
        while true { pause() }
    }
}

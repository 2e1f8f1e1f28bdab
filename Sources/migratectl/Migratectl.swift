import Commands
import Glibc

@main
struct Migratectl {
    static func main() async {
        exit(await CommandLineProgram.run(Array(CommandLine.arguments.dropFirst())))
    }
}

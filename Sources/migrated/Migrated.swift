import Daemon

@main
enum Migrated {
    static func main() async {
        await DaemonCommand.start()
    }
}

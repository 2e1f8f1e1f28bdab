import FoundationEssentials

/// What of a machine outlives it: PostgreSQL's data, settings and revisions, the daemon's state, and which machine it is.
struct Disk: Sendable {
    let directory: String
    let machineID: String
    private let image: MachineImage

    /// A new machine's.
    static func make(_ image: MachineImage) async throws -> Disk {
        let disk = Disk(
            directory: try Scratch.make("disk"),
            machineID: UUID().uuidString.lowercased().filter { $0 != "-" }, image: image)
        let script = """
            set -e
            cd "$1"
            mkdir postgresql state backups revisions
            chown postgres postgresql
            cp -a "$2" postgresql/data
            mkdir settings
            [ ! -d "$3" ] || cp -a "$3/." settings
            """
        let outcome = try await Program.run(
            ["sh", "-c", script, "sh", disk.directory, image.cluster, image.tree + "/etc/migrated"])
        guard outcome.status == 0 else { throw UnexpectedStatus(description: "\(outcome)") }
        return disk
    }

    /// How `boot` is called to boot with it.
    var bootArguments: [String] {
        let places = [
            (image.runtime, "/usr/lib/swift-runtime"), ("\(directory)/postgresql", "/var/lib/postgresql"),
            ("\(directory)/state", "/var/lib/migrated"),
            ("\(directory)/backups", "/var/backups/migrated"), ("\(directory)/settings", "/etc/migrated"),
            ("\(directory)/revisions", "/srv"),
        ]
        let python = PythonEnvironment.directory.map { [($0, PythonEnvironment.place)] } ?? []
        return ["--tree", image.tree, "--machine-id", machineID]
            + (places + python).flatMap { ["--bind", "\($0):\($1)"] }
            + (image.isBare
            ? ["postgresql.service"] : ["postgresql.service", "migrated.socket", "migrated-copy.socket"])
            .flatMap { ["--enable", $0] }
    }

    func remove() { Scratch.remove(directory) }
}

import Host
import Revisions

/// A directory of a person's own, in which verbs run that need no daemon; removed with the value.
final class Project: Sendable {
    let root: String

    init(_ directories: String...) throws {
        root = try FakeDaemon.temporaryDirectory()
        for directory in directories { try DirectoryTree.make(self(directory), mode: 0o755) }
    }

    deinit { try? DirectoryTree.remove(root) }

    /// The path of a name in it.
    func callAsFunction(_ name: String) -> String { FilePaths.join(root, name) }

    func write(_ name: String, _ text: String) throws {
        try DirectoryTree.make(FilePaths.split(self(name)).parent, mode: 0o755)
        try AtomicFile.write(self(name), text: text, mode: 0o644)
    }

    /// Writes a revision; without a downgrade it is irreversible.
    func write(
        _ name: String, id: String, after parent: String = "none", up: String = "", down: String? = ""
    ) throws {
        let header = RevisionHeader(
            id: RevisionID(id), downRevisions: parent == "none" ? [] : [RevisionID(parent)], description: "sample")
        try write(name, SQLFormat().render(header, upgrade: up, downgrade: down))
    }

    /// Runs a command line in it, with no daemon at hand.
    func run(
        _ arguments: String..., environment: [String: String] = [:], answer: String? = nil
    ) async -> Outcome {
        var place = answer.map { Place(inputIsTerminal: true, answer: $0) } ?? Place()
        place.workingDirectory = root
        place.environment["MIGRATED_SOCKET"] = self("no-socket")
        place.environment["MIGRATED_SETTINGS"] = TextFiles.exists(self("migrated.toml")) ? self("migrated.toml") : nil
        place.environment.merge(environment) { $1 }
        return await place.run(arguments)
    }

    /// What is in a directory of it.
    func load(_ directory: String, recursively: Bool = false) -> RevisionDirectory.Loaded {
        let sources = SourceFiles(in: [self(directory)], recursively: recursively)
        return RevisionDirectory.load(sources.files.map { RevisionFile(path: $0.path, bytes: $0.bytes) })
    }
}

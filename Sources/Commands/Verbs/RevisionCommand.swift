import ArgumentParser
import Control
import Host
import Planning
import Revisions

/// `migratectl revision`: writes the file of a new revision. With `--directory` it needs no daemon.
struct RevisionCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "revision", abstract: "Write the file of a new revision.",
        discussion: "It comes after the single head, or after what --head names. With --directory no daemon is needed.")

    @OptionGroup var options: GlobalOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("What the revision does, in a line.", valueName: "text"))
    var message: String

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("What it comes after; several make a merge; base begins a new root.", valueName: "revision"))
    var head: [TargetArgument] = []

    @Flag(name: .long, help: "What it comes after need not be a head.")
    var splice = false

    @Option(name: .long, parsing: .singleValue, help: ArgumentHelp("A label for its branch.", valueName: "label"))
    var branchLabel: [String] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("What has to be applied before it, without being a parent.", valueName: "revision"))
    var dependsOn: [String] = []

    @Option(name: .long, help: ArgumentHelp("Its id; 12 random hexadecimal digits without it.", valueName: "id"))
    var revID: String?

    @Flag(name: .long, help: "It runs outside of a transaction (-- transaction: off).")
    var noTransaction = false

    @Option(name: .long, help: ArgumentHelp("Where the files are; without it the daemon says.", valueName: "path"))
    var directory: String?

    func run(in session: Session) async throws {
        let directory = if let directory { directory } else { try await reportedDirectory(session) }
        let written = try write(in: directory, now: session.context.now())
        try session.output.isJSON ? session.output.document(written) : session.output.line(written.path)
    }

    private struct Written: Encodable {
        var revision: RevisionID
        var downRevisions: [RevisionID]
        var path: String
    }

    private func reportedDirectory(_ session: Session) async throws -> String {
        let status = try await session.client.call(GetStatus.self, .init(database: session.database))
        guard let database = status.databases.first, status.databases.count == 1 else {
            let names = status.databases.map(\.name).joined(separator: ", ")
            throw Failure(
                .noSuchDatabase, "cannot choose a directory: there are \(status.databases.count) databases",
                hint: names.isEmpty ? "name one: --directory PATH" : "name one: -d \(names), or --directory PATH")
        }
        guard let directory = database.directories.first else {
            throw Failure(
                .settingsInvalid, "cannot choose a directory: \"\(database.name)\" has none",
                hint: "name one: --directory PATH")
        }
        return directory
    }

    private func write(in directory: String, now: Timestamp) throws -> Written {
        do {
            let graph = try Self.graph(in: directory)
            let request = RevisionRequest(
                id: RevisionID(revID ?? String(RequestID.make().filter { $0 != "-" }.prefix(12))),
                parents: head.isEmpty ? ["head"] : head.map(\.text), splice: splice, branchLabels: branchLabel,
                dependsOn: dependsOn)
            let isFirst = graph.revisions.isEmpty && head.isEmpty
            let node = try graph.place(for: isFirst ? Self.asRoot(request) : request)
            let created = String(now.description.prefix(19)) + "Z"
            let header = RevisionHeader(
                node, isTransactional: !noTransaction, description: message.printable, created: created)
            let format = SQLFormat()
            let path = (directory.hasSuffix("/") ? directory : directory + "/") + format.fileName(for: header)
            guard !TextFiles.exists(path) else {
                throw Failure(.revisionsInvalid, "cannot write \"\(path)\": it exists", hint: "choose another --rev-id")
            }
            try AtomicFile.write(path, text: format.render(header), mode: 0o644)
            return Written(revision: header.id, downRevisions: header.downRevisions, path: path)
        } catch let error as RevisionError {
            throw Failure(error)
        } catch let error as FileError {
            throw Failure(.usage, "\(error)", hint: error.hint ?? "look at the directory and its owner")
        }
    }

    private static func asRoot(_ request: RevisionRequest) -> RevisionRequest {
        var request = request
        request.parents = ["base"]
        return request
    }

    private static func graph(in directory: String) throws -> RevisionGraph {
        let files = try DirectoryTree.revisionFiles(in: directory).map {
            RevisionFile(path: $0.path, bytes: try TextFiles.readBytes($0.path))
        }
        let loaded = RevisionDirectory.load(files)
        guard let graph = loaded.graph, loaded.problems.isEmpty else {
            throw Failure(
                .revisionsInvalid,
                "cannot add a revision to \"\(directory)\": \(Quantity.count(loaded.problems.count, "problem")) in it",
                hint: "mend the files first", notes: loaded.problems.map(\.description))
        }
        return graph
    }
}

import Control
import Host
import Planning
import Revisions

/// The revisions of one database's directories, by their headers: what their statements are is nobody's concern who
/// only wants to see the graph.
struct RevisionListing: Sendable {
    let graph: RevisionGraph
    /// The rows of the version table; nil where nobody asked.
    let rows: [RevisionID]?
    private let headers: Headers
    /// Which revisions have a way back, where the daemon said so.
    private let hasDowngrade: [RevisionID: Bool]
    private let effectiveHeads: Set<RevisionID>
    private let applied: Set<RevisionID>

    private typealias Headers = [RevisionID: (header: RevisionHeader, path: String)]

    /// Reads the directories. Throws everything that is wrong with the headers, at once.
    init(in directories: RevisionDirectories, rows: [RevisionID]? = nil) throws {
        let outline = RevisionDirectory.outline(try directories.read())
        guard let graph = outline.graph, outline.problems.isEmpty else {
            throw Failure(outline.problems, in: directories)
        }
        try self.init(graph, headers: outline.headers, rows: rows)
    }

    /// What the daemon has in force, for those who cannot read the files.
    init(_ revisions: [RevisionSummary], rows: [RevisionID]?) throws {
        let ordered = revisions.sorted { $0.path < $1.path }
        var headers: Headers = [:]
        for revision in ordered {
            let header = RevisionHeader(
                id: revision.id, downRevisions: revision.downRevisions, branchLabels: revision.branchLabels,
                dependsOn: revision.dependsOn, isTransactional: revision.isTransactional,
                description: revision.description, created: revision.created)
            headers[revision.id] = (header, revision.path)
        }
        try self.init(
            RevisionGraph(nodes: ordered.compactMap { headers[$0.id]?.header.node }), headers: headers, rows: rows,
            hasDowngrade: Dictionary(
                revisions.map { ($0.id, $0.hasDowngrade) }, uniquingKeysWith: { first, _ in first }))
    }

    private init(
        _ graph: RevisionGraph, headers: Headers, rows: [RevisionID]?, hasDowngrade: [RevisionID: Bool] = [:]
    ) throws {
        self.graph = graph
        self.rows = rows
        self.headers = headers
        self.hasDowngrade = hasDowngrade
        effectiveHeads = Set(graph.effectiveHeads)
        let known = (rows ?? []).filter { graph.contains($0) }
        applied = known.isEmpty ? [] : try graph.applied(rows: known)
    }

    /// Where the file of a revision is.
    func path(of id: RevisionID) -> String? { headers[id]?.path }

    /// What the graph and the headers say of these revisions.
    func entries(_ ids: [RevisionID]) -> [RevisionEntry] { ids.compactMap(entry) }

    /// What the graph and the header say of a revision.
    func entry(_ id: RevisionID) -> RevisionEntry? {
        guard let (header, path) = headers[id] else { return nil }
        let children = graph.children(of: id).sorted()
        return RevisionEntry(
            id: id, downRevisions: header.downRevisions, dependsOn: header.dependsOn,
            branchLabels: header.branchLabels, branches: graph.branchLabels(of: id), description: header.description,
            created: header.created, path: path, isTransactional: header.isTransactional, hasDowngrade: nil,
            children: children, isEffectiveHead: children.isEmpty && !effectiveHeads.contains(id),
            isCurrent: rows.map { $0.contains(id) }, isApplied: rows.map { _ in applied.contains(id) })
    }

    /// The same with what only the whole file tells.
    func wholeEntry(_ id: RevisionID) -> RevisionEntry? {
        guard var entry = entry(id) else { return nil }
        entry.hasDowngrade = hasDowngrade[id] ?? (try? file(of: id))?.revision.map { $0.downgrade != nil }
        return entry
    }

    /// The whole file of a revision.
    func file(of id: RevisionID) throws -> (bytes: [UInt8], revision: Revision?) {
        guard let path = path(of: id) else { return ([], nil) }
        do {
            let bytes = try TextFiles.readBytes(path)
            let format = RevisionFormats.format(ofPath: path)
            return (bytes, format?.read(RevisionFile(path: path, bytes: bytes)).revision)
        } catch {
            throw Failure(error, for: path)
        }
    }

    /// The revisions that a target names; those of an absolute target, or of steps from the rows.
    func resolve(_ target: String) throws -> [RevisionID] {
        do {
            return try graph.resolve(RevisionTarget(parsing: target), rows: rows ?? [])
        } catch {
            throw Failure(error)
        }
    }
}

extension RevisionDirectories {
    /// Every revision file; a directory or file that cannot be read is an error.
    func read() throws -> [RevisionFile] {
        let sources = SourceFiles(in: paths, recursively: isRecursive)
        if let problem = sources.problems.first { throw Failure(problem, for: problem.path) }
        return sources.files.map { RevisionFile(path: $0.path, bytes: $0.bytes) }
    }
}

extension Failure {
    /// Revision files that cannot be worked with, each problem in a line of its own.
    init(_ problems: [RevisionError], in directories: RevisionDirectories) {
        let places = directories.paths.map { "\"\($0)\"" }.joined(separator: ", ")
        self.init(
            .revisionsInvalid, "cannot read the revisions in \(places): \(Quantity.count(problems.count, "problem"))",
            hint: "mend the files first; all that is wrong is told by: migratectl check",
            notes: problems.map(\.description))
    }

    /// A file or directory of the caller's that the system refuses.
    init(_ error: FileError, for path: String) {
        let hint =
            error.isMissing ? "make it, or name another: --directory PATH" : "look at the directory and its owner"
        self.init(.usage, "\(error)", hint: error.hint ?? hint)
    }
}

internal import SQLText

/// Reads all revision files of a directory, or of several, together.
public enum RevisionDirectory {
    /// What a directory holds.
    public struct Loaded: Sendable {
        /// The graph; nil while anything is wrong.
        public var graph: RevisionGraph?
        /// Everything that is wrong, sorted by file and place.
        public var problems: [RevisionError]
        /// The revisions that could be read, in the order of their files.
        public var revisions: [Revision]
    }

    /// Reads each file by itself, whatever the others are; passes over those that cannot be read.
    public static func each(_ files: [RevisionFile]) -> [Revision] {
        files.compactMap { try? RevisionFormats.format(ofPath: $0.path)?.parse($0) }
    }

    /// Judges the files together. Files that no format recognises are passed over.
    ///
    /// A revision of `previous` is taken over when its path and its bytes are the same, which saves reading it again.
    public static func load(_ files: [RevisionFile], reusing previous: Loaded? = nil) -> Loaded {
        let known = previous.map { previous in
            Dictionary(previous.revisions.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        }
        var revisions: [Revision] = []
        var places: [Place] = []
        var problems: [RevisionError] = []
        revisions.reserveCapacity(files.count)
        var readAnew = 0
        for file in files.sorted(by: { $0.path < $1.path }) {
            guard let format = RevisionFormats.format(ofPath: file.path) else { continue }
            if let revision = known?[file.path], revision.source == file.bytes {
                revisions.append(revision)
                places.append(Place(node: revision.node, path: file.path, positions: revision.headerPositions))
                continue
            }
            readAnew += 1
            let reading = format.read(file)
            problems += reading.problems
            if let revision = reading.revision { revisions.append(revision) }
            if let node = reading.header?.node {
                places.append(Place(node: node, path: file.path, positions: reading.headerPositions))
            }
        }
        if readAnew == 0, problems.isEmpty, let previous, let graph = previous.graph, graph.count == revisions.count {
            return Loaded(graph: graph, problems: [], revisions: revisions)
        }
        return judge(places, revisions: revisions, problems: problems)
    }

    /// What the headers of a directory's files say.
    public struct Outline: Sendable {
        /// The graph, of places without contents; nil while anything is wrong with the headers.
        public var graph: RevisionGraph?
        /// What is wrong with the headers, sorted by file and place.
        public var problems: [RevisionError]
        /// The header of each revision, and the file that it stands in.
        public var headers: [RevisionID: (header: RevisionHeader, path: String)]
    }

    /// Reads only the headers: for those who want to see the graph and run nothing.
    public static func outline(_ files: [RevisionFile]) -> Outline {
        var places: [Place] = []
        var problems: [RevisionError] = []
        var headers: [RevisionID: (header: RevisionHeader, path: String)] = [:]
        headers.reserveCapacity(files.count)
        for file in files.sorted(by: { $0.path < $1.path }) {
            guard let reading = RevisionFormats.format(ofPath: file.path)?.readHeader(file) else { continue }
            problems += reading.problems
            guard let header = reading.header else { continue }
            places.append(Place(node: header.node, path: file.path, positions: reading.headerPositions))
            headers[header.id] = (header, file.path)
        }
        let judged = judge(places, revisions: [], problems: problems)
        return Outline(graph: judged.graph, problems: judged.problems, headers: headers)
    }

    /// A place in the graph and where in which file it is said.
    private struct Place {
        var node: RevisionNode
        var path: String
        var positions: [RevisionHeader.Key: SourcePosition]
    }

    private static func judge(
        _ places: [Place], revisions: [Revision], problems: [RevisionError]
    ) -> Loaded {
        var builder = GraphBuilder(nodes: places.map(\.node)) { number, key in
            (places[number].path, places[number].positions[key] ?? places[number].positions[.revision])
        }
        let index = builder.build()
        let all = (problems + builder.problems).sorted()
        guard let index, all.isEmpty else { return Loaded(graph: nil, problems: all, revisions: revisions) }
        return Loaded(graph: RevisionGraph(index: index, contents: revisions), problems: [], revisions: revisions)
    }
}

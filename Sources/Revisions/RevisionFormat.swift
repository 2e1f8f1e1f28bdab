public import SQLText

/// What reading one file brought: a revision, or what is wrong and as much of the header as could be made out.
public struct RevisionReading: Sendable {
    /// The revision; nil when there are problems.
    public var revision: Revision?
    /// The header, also of a file with problems if it says which revision this is: so that one bad statement does not
    /// make orphans of all its descendants.
    public var header: RevisionHeader?
    /// Where the header's keys stand in the file.
    public var headerPositions: [RevisionHeader.Key: SourcePosition]
    /// Everything that is wrong with the file.
    public var problems: [RevisionError]

    public init(
        revision: Revision?, header: RevisionHeader?, headerPositions: [RevisionHeader.Key: SourcePosition] = [:],
        problems: [RevisionError]
    ) {
        self.revision = revision
        self.header = header
        self.headerPositions = headerPositions
        self.problems = problems
    }
}

/// A way of writing revisions into files. A new format is a new file in `Formats` and a line in `RevisionFormats.all`.
public protocol RevisionFormat: Sendable {
    /// What the format is called.
    var name: String { get }

    /// Whether a file of this name is one of this format.
    func recognises(path: String) -> Bool

    /// Reads a file, and reports everything that is wrong with it at once.
    func read(_ file: RevisionFile) -> RevisionReading

    /// Reads no further than the header, which is enough to know the graph.
    func readHeader(_ file: RevisionFile) -> RevisionReading

    /// The text of a new file. Without a downgrade the revision is irreversible.
    func render(_ header: RevisionHeader, upgrade: String, downgrade: String?) -> String

    /// The name of a new file, from the directory on.
    func fileName(for header: RevisionHeader, template: FileNameTemplate) -> String
}

extension RevisionFormat {
    /// Reads a file, or throws everything that is wrong with it.
    public func parse(_ file: RevisionFile) throws(RevisionProblems) -> Revision {
        let reading = read(file)
        guard let revision = reading.revision else { throw RevisionProblems(reading.problems) }
        return revision
    }

    /// The usual name of a new file.
    public func fileName(for header: RevisionHeader) -> String { fileName(for: header, template: .standard) }

    /// The text of a new file with nothing in its sections.
    public func render(_ header: RevisionHeader) -> String { render(header, upgrade: "", downgrade: "") }
}

/// The register of formats.
public enum RevisionFormats {
    /// Every format there is.
    public static let all: [any RevisionFormat] = [SQLFormat()]

    /// The format of a file of this name.
    public static func format(ofPath path: String) -> (any RevisionFormat)? {
        all.first { $0.recognises(path: path) }
    }
}

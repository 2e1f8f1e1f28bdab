/// x
public struct SQLFormat: RevisionFormat {
    public init() {}
    public var name: String { "sql" }
    public func recognises(path: String) -> Bool { path.hasSuffix(".sql") }
    public func read(_ file: RevisionFile) -> RevisionReading { RevisionReading(revision: nil, node: nil, problems: []) }
    public func render(_ header: RevisionHeader, upgrade: String, downgrade: String?) -> String { "" }
    public func fileName(for header: RevisionHeader) -> String { "" }
}

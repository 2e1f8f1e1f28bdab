public import Digest

/// The findings of a rehearsal that somebody has to consent to: which, and about what, for these contents. Never how long
/// or how much: another run measures other times and means the same.
public struct AskedFindings: Sendable, Hashable, Codable {
    /// One of them.
    public struct Item: Sendable, Hashable, Codable {
        public var code: RehearsalFinding.Code
        /// A table, a column, a revision.
        public var object: String

        public init(code: RehearsalFinding.Code, object: String) {
            self.code = code
            self.object = object
        }
    }

    /// What consent binds: the set and the contents that were rehearsed.
    public var digest: SHA256Digest
    /// Each once, in the order of codes and objects.
    public var items: [Item]

    public init(digest: SHA256Digest, items: [Item]) {
        self.digest = digest
        self.items = items
    }

    /// What a report asks; nil where nothing in it does.
    public init?(_ report: RehearsalReport) {
        let asked = Set(report.findings.filter { $0.action == .ask }.map { Item(code: $0.code, object: $0.object) })
        guard !asked.isEmpty else { return nil }
        items = asked.sorted { ($0.code.rawValue, $0.object) < ($1.code.rawValue, $1.object) }
        // A name can hold anything but a zero byte.
        let parts = report.contentDigests.map(\.description) + items.flatMap { [$0.code.rawValue, $0.object] }
        digest = SHA256Digest.of(parts.joined(separator: "\0"))
    }
}

/// The consent of one person to such a set.
public struct FindingsApproval: Sendable, Hashable, Codable {
    public var digest: SHA256Digest
    /// Whose report the person was shown.
    public var job: JobID
    public var person: Person
    public var givenAt: Timestamp

    public init(digest: SHA256Digest, job: JobID, person: Person, givenAt: Timestamp) {
        self.digest = digest
        self.job = job
        self.person = person
        self.givenAt = givenAt
    }
}

internal import Digest
internal import SQLText

/// Makes the two digests of a section.
///
/// Every field goes in behind its length, so that nothing can be moved from one field to the next.
enum SectionDigests {
    /// Binds the section's bytes, and of the header what decides when and how they run.
    static func content(of bytes: ArraySlice<UInt8>, _ direction: Direction, _ header: RevisionHeader) -> SHA256Digest {
        var fields = FieldBuffer(capacity: bytes.count + 256)
        fields.add("migrated revision content 1")
        fields.add(direction.rawValue)
        fields.add(header.id.rawValue)
        fields.add(header.downRevisions.map(\.rawValue))
        fields.add(header.dependsOn)
        fields.add(directives(of: header))
        fields.add(bytes)
        return SHA256Digest.of(fields.bytes)
    }

    /// Binds the tokens of the statements and how they run; blind to comments, to white space, and to everything else
    /// that the header says.
    static func meaning(
        of statements: [Statement], _ direction: Direction, _ header: RevisionHeader
    ) throws(SQLTextError) -> SHA256Digest {
        var fields = FieldBuffer(capacity: statements.reduce(256) { $0 + $1.text.utf8.count * 4 })
        fields.add("migrated revision meaning 1")
        fields.add(direction.rawValue)
        fields.add(directives(of: header))
        fields.add(count: statements.count)
        for statement in statements {
            fields.add(try Lexer.significantTokens(of: statement.text))
            fields.add(count: statement.copyData == nil ? 0 : 1)
            if let data = statement.copyData { fields.add(data[...]) }
        }
        return SHA256Digest.of(fields.bytes)
    }

    private static func directives(of header: RevisionHeader) -> [String] {
        ["transaction", header.isTransactional ? "on" : "off"]
    }
}

/// Bytes to be hashed, each field behind its length.
private struct FieldBuffer {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func add(count: Int) {
        withUnsafeBytes(of: UInt64(count).bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func add(_ text: String) {
        add(count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ field: ArraySlice<UInt8>) {
        add(count: field.count)
        bytes.append(contentsOf: field)
    }

    mutating func add(_ list: [String]) {
        add(count: list.count)
        for item in list { add(item) }
    }
}

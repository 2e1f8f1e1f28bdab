/// An entry of an archive's list of contents, as `pg_restore --list` prints it: `3348; 0 16388 TABLE DATA public big owner`.
///
/// Where a kind ends and a name begins the text does not tell, since either may have blanks: a table `a` in a schema `DATA`
/// reads like the data of a table. The catalogue tells them apart.
public struct ArchiveEntry: Sendable, Hashable {
    /// Its number in the archive, which the file of its data is called after.
    public var number: Int
    /// The number of the catalogue that has the object (`pg_class` is 1259); 0 for what is in none, such as a table's data.
    public var catalogue: UInt32
    /// The object's number in it; a table's data has that of the table.
    public var object: UInt32
    /// Kind, schema (`-` for none), name and owner.
    public var description: Substring

    /// Reads a line; nil for what is no entry, such as a comment.
    public init?(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard words.count == 4, words[0].last == ";", let number = Int(words[0].dropLast()),
            let catalogue = UInt32(words[1]), let object = UInt32(words[2])
        else { return nil }
        (self.number, self.catalogue, self.object, description) = (number, catalogue, object, words[3])
    }

    /// What follows the kind, if it is this one.
    public func rest(after kind: String) -> Substring? {
        description.hasPrefix(kind + " ") ? description.dropFirst(kind.count + 1) : nil
    }

    /// Schema, name and owner of the table whose data it is.
    public var tableData: Substring? { catalogue == 0 ? rest(after: "TABLE DATA") : nil }

    /// Whether it is a grant, or what is granted on what does not exist yet.
    public var isGrant: Bool {
        catalogue == 0 && rest(after: "ACL") != nil || catalogue == Self.defaultGrants
    }

    /// `pg_default_acl`
    private static let defaultGrants: UInt32 = 826
}

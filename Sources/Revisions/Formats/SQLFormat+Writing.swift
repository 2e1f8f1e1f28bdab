extension SQLFormat {
    /// The text of a file with this header and these sections.
    public func render(_ header: RevisionHeader, upgrade: String, downgrade: String?) -> String {
        var lines = [Self.line(.revision, header.id.rawValue)]
        lines.append(Self.line(.downRevision, Self.list(header.downRevisions.map(\.rawValue), none: "none")))
        if !header.branchLabels.isEmpty { lines.append(Self.line(.branchLabels, Self.list(header.branchLabels))) }
        if !header.dependsOn.isEmpty { lines.append(Self.line(.dependsOn, Self.list(header.dependsOn))) }
        if !header.isTransactional { lines.append(Self.line(.transaction, "off")) }
        if !header.description.isEmpty { lines.append(Self.line(.description, Self.oneLine(header.description))) }
        if let created = header.created { lines.append(Self.line(.created, Self.oneLine(created))) }
        lines += ["", "-- migrated: upgrade", Self.ended(upgrade)]
        if let downgrade { lines += ["-- migrated: downgrade", Self.ended(downgrade)] }
        return lines.joined(separator: "\n")
    }

    /// What the template says, and `.sql`; usually `<id>_<slug>.sql`, or `<id>.sql` when there is no description.
    public func fileName(for header: RevisionHeader, template: FileNameTemplate) -> String {
        template.name(for: header) + ".sql"
    }

    /// The words of a message in lower case with `_` between them, cut at a word after 40 characters.
    public static func slug(of message: String) -> String {
        let words = message.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }
        let slug = words.joined(separator: "_")
        guard slug.count > 40 else { return slug }
        let cut = slug.prefix(40)
        return String(cut.lastIndex(of: "_").map { cut[..<$0] } ?? cut)
    }

    private static func line(_ key: RevisionHeader.Key, _ value: String) -> String { "-- \(key.rawValue): \(value)" }

    private static func list(_ names: [String], none: String = "") -> String {
        names.isEmpty ? none : names.joined(separator: ", ")
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: { $0.isNewline }).joined(separator: " ")
    }

    /// The text with one line end behind it, and an empty line behind that.
    private static func ended(_ sql: String) -> String {
        sql.isEmpty || sql.hasSuffix("\n") ? sql : sql + "\n"
    }
}

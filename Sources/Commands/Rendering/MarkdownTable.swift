/// Revisions as the table that projects keep in their README, oldest first.
struct MarkdownTable: Sendable {
    var revisions: [RevisionEntry]

    /// Takes the revisions newest first, as `history` has them.
    init(_ revisions: [RevisionEntry]) {
        self.revisions = revisions.reversed()
    }

    var lines: [String] {
        let isMarked = revisions.contains { $0.isApplied != nil }
        var rows = [["Revision", "After", "Description", "Created"] + (isMarked ? ["Applied"] : [])]
        rows.append(rows[0].map { _ in "---" })
        for revision in revisions {
            let parents = revision.downRevisions.map { "`\($0)`" }.joined(separator: ", ")
            var row = ["`\(revision.id)`", parents, revision.description, String((revision.created ?? "").prefix(10))]
            if isMarked { row.append(revision.isApplied == true ? "yes" : "") }
            rows.append(row)
        }
        return rows.map { row in "| " + row.map(Self.cell).joined(separator: " | ") + " |" }
    }

    /// A text that stays within its cell.
    private static func cell(_ text: String) -> String {
        text.printable.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}

import Revisions

/// A revision in Alembic's forms.
struct HistoryLine: Sendable {
    var revision: RevisionEntry

    init(_ revision: RevisionEntry) {
        self.revision = revision
    }

    private var parents: String {
        revision.isBase ? "<base>" : revision.downRevisions.map(\.rawValue).joined(separator: ", ")
    }

    private typealias Mark = (text: String, style: Style)

    private var treeMarks: [Mark] {
        var marks: [Mark] = []
        if revision.isBranchPoint { marks.append(("(branchpoint)", .yellow)) }
        if revision.isMergePoint { marks.append(("(mergepoint)", .yellow)) }
        return marks
    }

    private var currentMark: [Mark] { revision.isCurrent == true ? [("(current)", .green)] : [] }

    private func headMark(effective: Bool) -> [Mark] {
        guard revision.isHead else { return [] }
        return [(effective && revision.isEffectiveHead ? "(effective head)" : "(head)", .cyan)]
    }

    /// What it says of itself; Alembic's words where it says nothing.
    private var message: String {
        revision.description.isEmpty ? "empty message" : revision.description.printable
    }

    /// `DOWN (depends) -> REV (labels) (head) (current) (branchpoint) (mergepoint), doc`, as `history` has it.
    func line(painter: Painter) -> String {
        let dependencies = revision.dependsOn.isEmpty ? "" : " (\(revision.dependsOn.joined(separator: ", ")))"
        return "\(parents)\(dependencies) -> \(short(painter: painter, hasMessage: true))"
    }

    /// `REV (labels) (head) (branchpoint)`, as `heads`, `branches` and `current` have it.
    func short(
        painter: Painter, hasBranches: Bool = true, hasTree: Bool = true, hasMessage: Bool = false
    ) -> String {
        var line = painter(revision.id.rawValue, .bold)
        if hasBranches, !revision.branches.isEmpty { line += " (\(revision.branches.joined(separator: ", ")))" }
        for mark in headMark(effective: true) + currentMark + (hasTree ? treeMarks : []) {
            line += " " + painter(mark.text, mark.style)
        }
        return hasMessage ? "\(line), \(message)" : line
    }

    /// The longer form of `-v` and `show`; an empty line ends it.
    func paragraph(painter: Painter) -> [String] {
        var lines = ["Rev: " + painter(revision.id.rawValue, .bold)]
        for mark in headMark(effective: false) + treeMarks + currentMark {
            lines[0] += " " + painter(mark.text, mark.style)
        }
        lines.append("\(revision.isMergePoint ? "Merges" : "Parent"): \(parents)")
        if !revision.dependsOn.isEmpty {
            lines.append("Also depends on: \(revision.dependsOn.joined(separator: ", "))")
        }
        if revision.isBranchPoint {
            lines.append("Branches into: \(revision.children.map(\.rawValue).joined(separator: ", "))")
        }
        if !revision.branches.isEmpty { lines.append("Branch names: \(revision.branches.joined(separator: ", "))") }
        lines.append("Path: \(revision.path.printable)")
        if !revision.isTransactional { lines.append("Transaction: off") }
        if revision.hasDowngrade == false { lines.append("Downgrade: none, irreversible") }
        lines += ["", "    \(message)", "", "    Revision ID: \(revision.id)"]
        lines.append("    Revises:\(revision.isBase ? "" : " \(parents)")")
        if let created = revision.created { lines.append("    Create Date: \(created.printable)") }
        return lines + [""]
    }
}

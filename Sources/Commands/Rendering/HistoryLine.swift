import Control
import Revisions

/// A revision in Alembic's forms.
struct HistoryLine: Sendable {
    var revision: RevisionSummary
    /// It is a head that other revisions depend on: a row of the version table for it comes and goes.
    var isEffectiveHead = false
    var children: [RevisionID] = []

    /// Every revision with what the others say about it, in the same order.
    static func all(_ revisions: [RevisionSummary]) -> [HistoryLine] {
        var children: [RevisionID: [RevisionID]] = [:]
        var needed: Set<String> = []
        for revision in revisions {
            for parent in revision.downRevisions { children[parent, default: []].append(revision.id) }
            needed.formUnion(revision.dependsOn)
        }
        return revisions.map { revision in
            let names = [revision.id.rawValue] + revision.branchLabels
            return HistoryLine(
                revision: revision, isEffectiveHead: revision.isHead && names.contains { needed.contains($0) },
                children: (children[revision.id] ?? []).sorted())
        }
    }

    private var parents: String {
        revision.downRevisions.isEmpty ? "<base>" : revision.downRevisions.map(\.rawValue).joined(separator: ", ")
    }

    private var marks: [(text: String, style: Style)] {
        var marks: [(String, Style)] = []
        if revision.isHead { marks.append(isEffectiveHead ? ("(effective head)", .cyan) : ("(head)", .cyan)) }
        if revision.isCurrent { marks.append(("(current)", .green)) }
        return marks
    }

    private var treeMarks: [(text: String, style: Style)] {
        var marks: [(String, Style)] = []
        if revision.isBranchPoint { marks.append(("(branchpoint)", .yellow)) }
        if revision.isMergePoint { marks.append(("(mergepoint)", .yellow)) }
        return marks
    }

    /// `DOWN -> REV (labels) (head) (current) (branchpoint) (mergepoint), doc`
    func line(painter: Painter) -> String {
        let dependencies = revision.dependsOn.isEmpty ? "" : " (\(revision.dependsOn.joined(separator: ", ")))"
        return "\(parents)\(dependencies) -> " + short(painter: painter, hasTree: true)
            + ", \(revision.description.printable)"
    }

    /// `REV (labels) (head)`, as `heads` has it.
    func short(painter: Painter, hasTree: Bool = false) -> String {
        var line = painter(revision.id.rawValue, .bold)
        if !revision.branchLabels.isEmpty { line += " (\(revision.branchLabels.joined(separator: ", ")))" }
        for mark in marks + (hasTree ? treeMarks : []) { line += " " + painter(mark.text, mark.style) }
        return line
    }

    /// The longer form of `history -v`, `heads -v` and `show`.
    func paragraph(painter: Painter) -> [String] {
        var lines = ["Rev: " + painter(revision.id.rawValue, .bold)]
        for mark in marks + treeMarks { lines[0] += " " + painter(mark.text, mark.style) }
        lines.append("\(revision.isMergePoint ? "Merges" : "Parent"): \(parents)")
        if !revision.dependsOn.isEmpty {
            lines.append("Also depends on: \(revision.dependsOn.joined(separator: ", "))")
        }
        if revision.isBranchPoint { lines.append("Branches into: \(children.map(\.rawValue).joined(separator: ", "))") }
        if !revision.branchLabels.isEmpty {
            lines.append("Branch names: \(revision.branchLabels.joined(separator: ", "))")
        }
        lines.append("Path: \(revision.path.printable)")
        if let created = revision.created { lines.append("Created: \(created.printable)") }
        if !revision.isTransactional { lines.append("Transaction: off") }
        if !revision.hasDowngrade { lines.append("Downgrade: none, irreversible") }
        return lines + ["", "    \(revision.description.printable)", ""]
    }
}

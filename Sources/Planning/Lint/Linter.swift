public import Revisions
import SQLText

/// Judges revision files by their text: everything that is wrong with them, and what the rules have against them.
public struct Linter: Sendable {
    private let rules: [LintRule]
    private let ignored: Set<String>

    /// A linter with every rule but those of the codes.
    public init(ignoring codes: Set<String> = []) {
        ignored = codes
        rules = LintRule.all.filter { !codes.contains($0.code) }
    }

    /// What was looked at, and what was found, in the order of files and lines.
    public struct Outcome: Sendable {
        public var revisionCount: Int
        public var findings: [Finding]
        /// What a rehearsal may find as well: guessed, and no reason by itself to refuse anything.
        public var guesses: [Finding]
    }

    /// Judges the files together.
    public func judge(_ files: [RevisionFile]) -> Outcome {
        let loaded = RevisionDirectory.load(files)
        let outline = RevisionDirectory.outline(files)
        let revisions = Dictionary(loaded.revisions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var findings = loaded.problems.map { Finding($0) }
        for revision in loaded.revisions { findings += judge(revision) }
        for rule in rules {
            guard case .graph(let examine) = rule.examination, let graph = outline.graph else { continue }
            for objection in examine(graph) {
                let revision = revisions[objection.revision]
                if let revision, LintRemarks(of: revision).ignore(rule.code, atLine: nil) { continue }
                let path = revision?.path ?? outline.headers[objection.revision]?.path ?? ""
                findings.append(Self.finding(rule, objection, path: path, in: revision))
            }
        }
        return Outcome(
            revisionCount: outline.headers.count, findings: findings.sorted(),
            guesses: loaded.revisions.flatMap(guesses).sorted())
    }

    /// What has no downgrade is said by the rule for that, where it is not switched off.
    private func guesses(of revision: Revision) -> [Finding] {
        let isSaid = rules.contains { $0.code == LintRule.missingDowngrade.code }
        return Guess.findings(of: revision).filter {
            !ignored.contains($0.code) && !($0.code == RehearsalFinding.Code.irreversible.rawValue && isSaid)
        }
    }

    private func judge(_ revision: Revision) -> [Finding] {
        let remarks = LintRemarks(of: revision)
        var findings = remarks.unknown.map { code, line in
            Finding(
                code: "unknown_rule", message: "no rule has the code \"\(code)\"",
                hint: "the codes are \(LintRule.codes.joined(separator: ", "))",
                location: Failure.Location(path: revision.path, line: line, column: 1))
        }
        for rule in rules {
            guard case .revision(let examine) = rule.examination else { continue }
            findings += examine(revision).filter { !remarks.ignore(rule.code, atLine: $0.position?.line) }
                .map { Self.finding(rule, $0, path: revision.path, in: revision) }
        }
        return findings
    }

    private static func finding(
        _ rule: LintRule, _ objection: LintRule.Objection, path: String, in revision: Revision?
    ) -> Finding {
        let position = objection.position ?? revision?.headerPositions[.revision]
        return Finding(
            code: rule.code, message: objection.message, hint: objection.hint,
            location: Failure.Location(path: path, line: position?.line ?? 1, column: position?.column ?? 1),
            revisions: objection.others)
    }
}

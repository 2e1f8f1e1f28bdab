import Revisions
import SQLText

/// The comments of a file that switch rules off: `-- migrated: ignore CODE, CODE`.
///
/// Before the first section such a comment counts for the whole file; in a section, for the statement that it stands in,
/// behind (on its last line), or before.
struct LintRemarks: Sendable {
    /// One comment.
    private struct Remark {
        var line: Int
        var codes: [String]
    }

    private var ofFile: Set<String> = []
    private var ofStatements: [Remark] = []
    /// Codes that no rule has, and where they stand.
    private(set) var unknown: [(code: String, line: Int)] = []
    /// The first and the last line of each statement, in order.
    private let statements: [ClosedRange<Int>]

    init(of revision: Revision) {
        statements = [revision.upgrade, revision.downgrade].compactMap(\.self).flatMap(\.statements)
            .map { statement in
                let first = statement.position.line
                return first...(first + statement.text.utf8.count { $0 == UInt8(ascii: "\n") })
            }
            .sorted { $0.lowerBound < $1.lowerBound }
        let known = Set(LintRule.codes)
        var isInHead = true
        let lines = revision.source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let remark = SQLFormat.remark(in: line) else { continue }
            guard let codes = SQLFormat.ignoredCodes(in: remark) else {
                isInHead = false
                continue
            }
            unknown += codes.filter { !known.contains($0) }.map { ($0, index + 1) }
            if isInHead {
                ofFile.formUnion(codes)
            } else {
                ofStatements.append(Remark(line: index + 1, codes: codes))
            }
        }
    }

    /// Whether a rule is switched off for what stands in that line.
    func ignore(_ code: String, atLine line: Int?) -> Bool {
        if ofFile.contains(code) { return true }
        guard let line, let statement = statements.first(where: { $0.contains(line) }) else { return false }
        return ofStatements.contains { remark in
            remark.codes.contains(code) && statements.first { $0.upperBound >= remark.line } == statement
        }
    }
}

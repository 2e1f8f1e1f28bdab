package import Revisions
package import SQLText

/// Something that a careful reviewer would ask about, and that the text of revisions alone shows. What is a fault, so
/// that a revision cannot be used at all, is no rule: no one can switch it off.
///
/// A new rule is a file in `Rules` and a line in ``all``.
public struct LintRule: Sendable {
    /// The name by which the rule is switched off.
    public let code: String
    /// What it asks for, in a line.
    public let summary: String
    package let examination: Examination

    /// What a rule looks at.
    package enum Examination: Sendable {
        case revision(@Sendable (Revision) -> [Objection])
        case graph(@Sendable (RevisionGraph) -> [Objection])
    }

    /// What a rule has against a revision.
    package struct Objection: Sendable {
        package var revision: RevisionID
        package var message: String
        package var hint: String
        /// Where; the head of the file where nothing is said.
        package var position: SourcePosition?
        package var others: [RevisionID] = []
    }

    /// Every rule there is.
    public static let all: [LintRule] = [.severalHeads, .missingDowngrade, .missingOnDelete, .unfinished]

    /// Everything that can be switched off: rules, and what is guessed.
    public static let codes: [String] = all.map(\.code) + Guess.codes.map(\.rawValue)
}

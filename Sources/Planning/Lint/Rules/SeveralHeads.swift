import Revisions

extension LintRule {
    /// A chain with two ends has a branch that nobody meant: two people each wrote the next revision.
    static let severalHeads = LintRule(
        code: "several_heads", summary: "the revisions have one head",
        examination: .graph { graph in
            let heads = graph.heads
            guard heads.count > 1 else { return [] }
            return heads.map { head in
                let others = heads.filter { $0 != head }
                let named = others.map { "\"\($0)\"" }.joined(separator: ", ")
                return Objection(
                    revision: head, message: "revision \"\(head)\" is a head, and so is \(named)",
                    hint: "bring them together: migratectl merge heads", others: others)
            }
        })
}

import Revisions

extension LintRule {
    /// A section with something to be filled in is refused when it would be run.
    static let unfinished = LintRule(
        code: "unfinished", summary: "nothing is left to be filled in",
        examination: .revision { revision in
            Direction.allCases.compactMap { direction in
                revision.section(direction)?.unfinished.map { unfinished in
                    Objection(
                        revision: revision.id,
                        message:
                            "the \(direction.rawValue) of revision \"\(revision.id)\" is to be filled in: \(unfinished.reason)",
                        hint: "write the SQL that is missing, and remove the line \"-- migrated: unfinished\"",
                        position: unfinished.position)
                }
            }
        })
}

import Revisions

extension LintRule {
    /// A revision without a way back ends every downgrade.
    static let missingDowngrade = LintRule(
        code: "missing_downgrade", summary: "what a revision does can be undone",
        examination: .revision { revision in
            guard let downgrade = revision.downgrade else {
                return [
                    Objection(
                        revision: revision.id, message: "revision \"\(revision.id)\" has no downgrade",
                        hint:
                            "write the section \"-- migrated: downgrade\", or say above: -- migrated: ignore missing_downgrade"
                    )
                ]
            }
            guard downgrade.unfinished == nil, downgrade.statements.isEmpty, !revision.upgrade.statements.isEmpty else {
                return []
            }
            return [
                Objection(
                    revision: revision.id, message: "the downgrade of revision \"\(revision.id)\" does nothing",
                    hint: "undo there what the upgrade does, or leave the section out if that cannot be done")
            ]
        })
}

import Planning
import Revisions

/// What an import did, and what is left for people.
struct ImportSummary: Encodable {
    var configuration: String
    var directory: String
    var alembicVersion: String
    var versionTable: String
    var versionTableSchema: String?
    /// What env.py executes itself; no revision has it.
    var statementsOfEnvironment: [String]
    /// Parents first.
    var revisions: [Item]

    /// One revision.
    struct Item: Encodable {
        var revision: RevisionID
        var path: String
        var fate: ImportWriting.Fate
        var isTransactional: Bool
        var isReversible: Bool
        /// What a person has to fill in.
        var gaps: [AlembicTranslation.Gap]
    }

    init(project: AlembicProject, configuration: String, directory: String, files: [ImportWriting.File]) {
        self.configuration = configuration
        self.directory = directory
        alembicVersion = project.alembicVersion
        versionTable = project.versionTable
        versionTableSchema = project.versionTableSchema
        statementsOfEnvironment = project.statementsOfEnvironment
        revisions = files.map { file in
            Item(
                revision: file.revision.header.id, path: file.path, fate: file.fate,
                isTransactional: file.revision.header.isTransactional, isReversible: file.revision.isReversible,
                gaps: file.revision.gaps)
        }
    }

    /// The summary for people.
    var lines: [String] {
        var lines = [
            "imported \(Quantity.count(revisions.count, "revision")) of \(configuration) into \(directory): "
                + [
                    "\(count(.written)) written", count(.unchanged) > 0 ? "\(count(.unchanged)) unchanged" : nil,
                    count(.kept) > 0 ? "\(count(.kept)) kept" : nil,
                ].compactMap { $0 }.joined(separator: ", ")
        ]
        lines += list("outside of a transaction, statement by statement", revisions.filter { !$0.isTransactional })
        lines += list("without a way back", revisions.filter { !$0.isReversible })
        lines += list(
            "kept as it is there, though the project says something else", revisions.filter { $0.fate == .kept })
        let unfinished = revisions.filter { $0.fate != .kept && !$0.gaps.isEmpty }
        if !unfinished.isEmpty {
            lines.append("to be filled in, and refused until then:")
            for item in unfinished {
                lines.append("  \(item.path)")
                lines += item.gaps.map { "    \($0.direction.rawValue): \($0.reason.printable)" }
            }
        }
        return lines + settings
    }

    private func count(_ fate: ImportWriting.Fate) -> Int { revisions.count { $0.fate == fate } }

    private func list(_ title: String, _ items: [Item]) -> [String] {
        items.isEmpty ? [] : ["\(title):"] + items.map { "  \($0.path)" }
    }

    /// What the settings of a database have to say for these revisions.
    private var settings: [String] {
        var lines: [String] = []
        if versionTable != "alembic_version" { lines.append("  version_table = \"\(versionTable)\"") }
        if let versionTableSchema { lines.append("  version_table_schema = \"\(versionTableSchema)\"") }
        if !lines.isEmpty { lines.insert("for the settings of its database:", at: 0) }
        if !statementsOfEnvironment.isEmpty {
            lines.append("its env.py also executes, and no revision has it:")
            lines += statementsOfEnvironment.map { "  \($0.split(whereSeparator: \.isNewline).joined(separator: " "))" }
        }
        return lines
    }
}

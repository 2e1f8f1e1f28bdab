import Host
import Revisions
import SQLText

/// A revision of Alembic's as a revision file of ours.
struct AlembicTranslation {
    var header: RevisionHeader
    /// The file's text.
    var text: String
    /// What a person has to fill in, a line each.
    var gaps: [Gap]
    /// Whether there is a way back.
    var isReversible: Bool

    /// Something that a person has to fill in.
    struct Gap: Encodable {
        var direction: Direction
        var reason: String
    }

    init(_ revision: AlembicProject.Revision) {
        let upgrade = SectionTranslation(revision.upgrade ?? [.init(gap: "there is no upgrade()")])
        let downgrade = revision.downgrade.map(SectionTranslation.init)
        header = RevisionHeader(
            id: RevisionID(revision.id), downRevisions: revision.downRevisions.map { RevisionID($0) },
            branchLabels: revision.branchLabels, dependsOn: revision.dependsOn,
            isTransactional: !upgrade.needsStandalone && downgrade?.needsStandalone != true,
            description: revision.message.printable, created: revision.created)
        text = SQLFormat().render(header, upgrade: upgrade.text, downgrade: downgrade?.text)
        gaps = upgrade.gaps.map { Gap(direction: .upgrade, reason: $0) }
        gaps += (downgrade?.gaps ?? []).map { Gap(direction: .downgrade, reason: $0) }
        isReversible = downgrade != nil
    }
}

/// What one direction sends, as the text of a section.
private struct SectionTranslation {
    private var paragraphs: [String] = []
    private(set) var gaps: [String] = []
    /// Whether something in it must not be in a transaction with the rest.
    private(set) var needsStandalone = false
    /// Between a COMMIT of the revision's own and the next BEGIN.
    private var isOutsideTransaction = false

    init(_ parts: [AlembicProject.Part]) {
        for part in parts {
            if let gap = part.gap { leave(gap) }
            if let sql = part.sql { take(sql, isStandalone: part.isStandalone == true) }
        }
    }

    var text: String { paragraphs.joined(separator: "\n\n") }

    private mutating func leave(_ gap: String) {
        gaps.append(gap)
        paragraphs.append("-- migrated: unfinished: \(gap.printable)")
    }

    /// Takes one text that was sent: usually a statement, sometimes several.
    private mutating func take(_ sql: String, isStandalone: Bool) {
        do {
            for statement in try StatementSplitter.split(sql) {
                guard try !endsTransaction(statement) else { continue }
                if let prohibition = statement.kind.prohibition {
                    leave("\(statement.kind.verb) is not for revisions: \(prohibition.reason)")
                    continue
                }
                if isStandalone || isOutsideTransaction || statement.kind.refusedInTransaction == .yes {
                    needsStandalone = true
                }
                paragraphs.append(try StatementLayout.tidied(statement) + ";")
            }
        } catch {
            leave("\(error.message): \(String(sql.prefix(80)))")
        }
    }

    /// Old revisions end Alembic's transaction with a COMMIT of their own. What is behind it runs by itself here too.
    private mutating func endsTransaction(_ statement: Statement) throws(SQLTextError) -> Bool {
        guard statement.kind.prohibition == .transactionControl else { return false }
        switch try Lexer.significantTokens(of: statement.text).first {
        case "commit", "end": isOutsideTransaction = true
        case "begin", "start": isOutsideTransaction = false
        default: return false
        }
        return true
    }
}

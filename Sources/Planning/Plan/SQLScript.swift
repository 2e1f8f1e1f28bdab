public import Revisions
import SQLText

/// A plan as a script for psql, which leaves the database as the daemon would have: for those who want to read what would
/// be done, or have to run it themselves.
///
/// Each revision has a transaction of its own; one that runs outside of a transaction stands before the transaction that
/// moves its version rows. With `psql -v ON_ERROR_STOP=1` nothing is run behind a failure.
public struct SQLScript: Sendable {
    /// What the settings of a database say that a script has to say as well.
    public struct Settings: Sendable, Hashable, Codable {
        /// `SET ROLE` for a revision's statements: who owns what is created.
        public var role: String?
        /// The schemas that unqualified names mean; empty leaves the server's own.
        public var searchPath: [String]
        public var versionTable: VersionTableName

        public init(
            role: String? = nil, searchPath: [String] = [], versionTable: VersionTableName = VersionTableName()
        ) {
            self.role = role
            self.searchPath = searchPath
            self.versionTable = versionTable
        }
    }

    /// The whole script.
    public let text: String

    /// Writes a plan of these revisions.
    ///
    /// - Throws: `Failure` `no-such-revision` where a step's revision is not among them.
    public init(_ plan: Plan, revisions: (RevisionID) -> Revision?, settings: Settings) throws(Failure) {
        var writer = SQLScriptWriter(settings: settings)
        writer.begin(at: plan.rowsBefore)
        for step in plan.steps {
            guard let revision = revisions(step.revision), let section = revision.section(step.direction) else {
                throw Failure(
                    .noSuchRevision, "cannot write revision \"\(step.revision)\" as SQL: its bytes are not at hand")
            }
            writer.write(step, revision, section)
        }
        if let stamp = plan.stamp { writer.write(stamp, from: plan.rowsBefore) }
        if plan.isEmpty { writer.add("-- Nothing to do.") }
        text = writer.text
    }
}

/// A script while it is being written.
private struct SQLScriptWriter {
    let settings: SQLScript.Settings
    private(set) var text = ""
    /// Whether the version table is still to be made, in the first transaction.
    private var makesVersionTable = false

    init(settings: SQLScript.Settings) { self.settings = settings }

    /// Adds a paragraph.
    mutating func add(_ paragraph: String) {
        text += paragraph + "\n\n"
    }

    /// What the script needs of its session, and of the database: that it is where the script starts.
    mutating func begin(at rows: [RevisionID]) {
        add(session)
        makesVersionTable = rows.isEmpty
        guard !rows.isEmpty else { return }
        let ids = rows.map { SQLIdentifier.quoteLiteral($0.rawValue) }.joined(separator: ", ")
        let names = rows.map(\.rawValue).joined(separator: ", ")
        let body = """
            BEGIN
                IF EXISTS (SELECT unnest(ARRAY[\(ids)]) EXCEPT SELECT version_num FROM \(table)) THEN
                    RAISE EXCEPTION USING MESSAGE = \(SQLIdentifier.quoteLiteral("the database is not at \(names), where this script starts"));
                END IF;
            END
            """
        add("DO \(Self.dollarQuoted(body));")
    }

    mutating func write(_ step: Step, _ revision: Revision, _ section: Revision.Section) {
        let mark = Self.mark(step.direction, revision)
        let role = settings.role.map(SQLIdentifier.quote)
        if revision.isTransactional {
            add("BEGIN;")
            makeVersionTable()
            add(mark)
            if let role { add("SET LOCAL ROLE \(role);") }
            for statement in section.statements { write(statement) }
            // What a revision sets for its session must reach neither the version rows nor the next one.
            let maySetSession = section.statements.contains(where: \.maySetSession)
            if maySetSession || role != nil {
                add("SET CONSTRAINTS ALL IMMEDIATE;\n" + (maySetSession ? reset : "RESET ROLE;"))
            }
        } else {
            add(mark)
            if let role { add("SET ROLE \(role);") }
            for statement in section.statements {
                write(statement)
                guard statement.maySetSession else { continue }
                // Outside of a transaction each statement stands alone, and starts from the same settings.
                add(reset + (role.map { "\nSET ROLE \($0);" } ?? ""))
            }
            if role != nil { add("RESET ROLE;") }
            add("BEGIN;")
            makeVersionTable()
        }
        for change in step.rowChanges { add(statement(change)) }
        add("COMMIT;")
    }

    mutating func write(_ stamp: StampPlan, from rows: [RevisionID]) {
        add("BEGIN;")
        makeVersionTable()
        if !stamp.rowChanges.isEmpty {
            add("-- Running stamp_revision \(Self.names(rows)) -> \(Self.names(stamp.rowsAfter))")
        }
        for change in stamp.rowChanges { add(statement(change)) }
        add("COMMIT;")
    }

    private mutating func write(_ statement: Statement) {
        let sql = Self.hidingVariables(in: statement.text) + ";"
        guard let data = statement.copyData else { return add(sql) }
        add("\(sql)\n\(String(decoding: data, as: UTF8.self))\\.")
    }

    private mutating func makeVersionTable() {
        guard makesVersionTable else { return }
        add(settings.versionTable.creation + ";")
        makesVersionTable = false
    }

    // MARK: Sentences

    private var table: String { settings.versionTable.quoted }

    /// How revision files are meant to be read, as the daemon's sessions have it.
    private var session: String {
        var lines = [
            "SET client_encoding = 'UTF8';", "SET standard_conforming_strings = on;", "SET datestyle = 'ISO';",
        ]
        if !settings.searchPath.isEmpty {
            lines.append("SET search_path = \(settings.searchPath.map(SQLIdentifier.quote).joined(separator: ", "));")
        }
        return lines.joined(separator: "\n")
    }

    private var reset: String { "RESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\n" + session }

    /// As Alembic writes them.
    private func statement(_ change: VersionRowChange) -> String {
        func quote(_ id: RevisionID) -> String { SQLIdentifier.quoteLiteral(id.rawValue) }
        return switch change {
        case .insert(let id): "INSERT INTO \(table) (version_num) VALUES (\(quote(id)));"
        case .delete(let id): "DELETE FROM \(table) WHERE \(table).version_num = \(quote(id));"
        case .update(let from, let to):
            "UPDATE \(table) SET version_num=\(quote(to)) WHERE \(table).version_num = \(quote(from));"
        }
    }

    /// The line by which Alembic begins a revision.
    private static func mark(_ direction: Direction, _ revision: Revision) -> String {
        let (below, this) = (names(revision.downRevisions), revision.id.rawValue)
        return switch direction {
        case .upgrade: "-- Running upgrade \(below) -> \(this)"
        case .downgrade: "-- Running downgrade \(this) -> \(below)"
        }
    }

    private static func names(_ ids: [RevisionID]) -> String { ids.map(\.rawValue).joined(separator: ", ") }

    private static func dollarQuoted(_ body: String) -> String {
        var tag = "$check$"
        while body.contains(tag) { tag = "$_" + tag.dropFirst() }
        return tag + "\n" + body + "\n" + tag
    }

    /// psql puts the value of one of its variables in the place of a colon and a name, which SQL has in an array's slice
    /// (`a[1:n]`). A blank between the two keeps it from that.
    private static func hidingVariables(in text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: ":")) else { return text }
        var lexer = Lexer(bytes)
        var hidden: [UInt8] = []
        var copied = 0
        var colonEnd: Int?
        // What was read from a file as a statement is one still.
        while let token = try? lexer.next() {
            let isName = [.identifier, .quotedIdentifier, .string].contains(token.kind)
            if isName, colonEnd == token.range.lowerBound {
                hidden += bytes[copied..<token.range.lowerBound] + [UInt8(ascii: " ")]
                copied = token.range.lowerBound
            }
            colonEnd = bytes[token.range].elementsEqual([UInt8(ascii: ":")]) ? token.range.upperBound : nil
        }
        return String(decoding: hidden + bytes[copied...], as: UTF8.self)
    }
}

extension Statement {
    /// Whether it may leave the session with other settings than it found.
    fileprivate var maySetSession: Bool {
        switch kind.verb.split(separator: " ").first {
        case "SET", "RESET", "CALL": true
        case "DO": text.lowercased().contains("set")
        default: text.lowercased().contains("set_config")
        }
    }
}

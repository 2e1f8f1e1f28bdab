public import Revisions
public import SQLText

/// What the text of a revision lets one guess that a rehearsal will find, by the same codes: early, without a database, and
/// without knowing how large anything is or whether it holds any rows.
public struct Guess: Sendable {
    private var findings: [Finding] = []
    private let path: String
    private let isTransactional: Bool
    private let remarks: LintRemarks?
    /// Tables that the revision itself makes: nobody is in them yet.
    private var made: Set<String> = []
    private var indexed: [String: [[String]]] = [:]
    private var foreignKeys: [(change: TableChange, columns: [String])] = []
    private var unchecked: Set<String> = []
    private var validated: Set<String> = []

    private init(path: String, isTransactional: Bool, remarks: LintRemarks?) {
        self.path = path
        self.isTransactional = isTransactional
        self.remarks = remarks
    }

    /// The codes that text alone can come to.
    public static let codes: [RehearsalFinding.Code] = [
        .strongLock, .tableRewrite, .tableScan, .dropsData, .nullValues, .duplicateValues, .unindexedForeignKey,
        .irreversible,
    ]

    /// What is guessed about a revision's upgrade, in the order of its text; each code once a table and line.
    public static func findings(of revision: Revision) -> [Finding] {
        var guess = Guess(
            path: revision.path, isTransactional: revision.isTransactional, remarks: LintRemarks(of: revision))
        guess.judge(revision.upgrade.statements)
        if revision.downgrade == nil, revision.upgrade.unfinished == nil {
            let position = revision.headerPositions[.revision] ?? .start
            guess.add(.irreversible, "revision \"\(revision.id)\" has no downgrade", at: position)
        }
        return guess.findings.sorted().map { finding in
            var finding = finding
            finding.revisions = [revision.id]
            return finding
        }
    }

    /// The same of statements that are in no file.
    public static func findings(ofUpgrade statements: [Statement]) -> [Finding] {
        var guess = Guess(path: "", isTransactional: true, remarks: nil)
        guess.judge(statements)
        return guess.findings.sorted()
    }

    private mutating func judge(_ statements: [Statement]) {
        for statement in statements {
            // No revision has one; a script of several transactions does.
            if statement.kind.verb == "COMMIT" { unchecked = [] }
            for change in statement.tableChanges { judge(change) }
        }
        judgeForeignKeys()
    }

    private mutating func judge(_ change: TableChange) {
        let table = change.table
        switch change.kind {
        case .createTable: made.insert(table)
        case .index(let columns): indexed[table, default: []].append(columns)
        case .addForeignKey(let columns): foreignKeys.append((change, columns))
        case _ where made.contains(table): break
        case .dropTable: add(.dropsData, "drops \"\(table)\" with all that it holds", change)
        case .dropColumn(let column): add(.dropsData, "drops column \"\(column)\" of \"\(table)\"", change)
        case .rewrite(let isCertain):
            add(.tableRewrite, "\(isCertain ? "writes" : "may write") all of \"\(table)\" anew", change)
        case .check: add(.tableScan, "reads all rows of \"\(table)\" under its lock", change)
        case .addUnchecked(let constraint): unchecked.insert("\(table).\(constraint)")
        case .validate(let constraint):
            validated.insert(table)
            if isTransactional, unchecked.contains("\(table).\(constraint)") {
                add(.tableScan, "reads all rows of \"\(table)\" under the lock that adding the constraint took", change)
            }
        case .setNotNull(let column):
            add(.nullValues, "fails where a row of \"\(table)\" has no \"\(column)\"", change)
            // A check that was validated before tells the server that there are none.
            if !validated.contains(table) {
                add(.tableScan, "reads all rows of \"\(table)\" under its lock", change)
            }
        case .addRequired(let column):
            add(.nullValues, "fails where \"\(table)\" has rows: none of them has a \"\(column)\"", change)
        case .buildIndex: add(.strongLock, "nobody can write \"\(table)\" while its index is built", change)
        case .demandUnique: add(.duplicateValues, "fails where rows of \"\(table)\" have the same values", change)
        case .lockOut: add(.strongLock, "keeps others out of \"\(table)\", and waits for all who are in it", change)
        }
    }

    private mutating func judgeForeignKeys() {
        for (change, columns) in foreignKeys {
            let isIndexed = indexed[change.table]?.contains { Set($0.prefix(columns.count)) == Set(columns) } ?? false
            guard !isIndexed else { continue }
            let names = columns.joined(separator: ", ")
            add(.unindexedForeignKey, "no index of \"\(change.table)\" begins with \(names) in this revision", change)
        }
    }

    private mutating func add(_ code: RehearsalFinding.Code, _ message: String, _ change: TableChange) {
        add(code, message, at: change.position)
    }

    private mutating func add(_ code: RehearsalFinding.Code, _ message: String, at position: SourcePosition) {
        if let remarks, remarks.ignore(code.rawValue, atLine: position.line) { return }
        let finding = Finding(
            code: code.rawValue, message: message, hint: Self.hint(code),
            location: Failure.Location(path: path, line: position.line, column: position.column))
        if !findings.contains(finding) { findings.append(finding) }
    }

    /// What helps where nothing is known but the text.
    private static func hint(_ code: RehearsalFinding.Code) -> String {
        code == .strongLock ? "say CONCURRENTLY, in a revision of its own with \"-- transaction: off\"" : code.hint
    }
}

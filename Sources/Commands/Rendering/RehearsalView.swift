import Planning
import Revisions

/// What a rehearsal found, as people read it: a table of its statements, then the findings.
struct RehearsalView: Sendable {
    var output: Output

    func show(_ report: RehearsalReport) throws {
        let painter = output.painter
        if report.outcome == .notRehearsed {
            try output.line(painter("not rehearsed: ", .yellow) + (report.reason ?? "").printable)
        } else {
            try output.line(Self.heading(report))
        }
        if !report.statements.isEmpty { try output.table(Self.table(report)) }
        if report.unlistedStatements > 0 {
            try output.line("and \(Quantity.count(report.unlistedStatements, "statement")) more")
        }
        if let way = report.wayBack { try output.line(Self.wayBack(way)) }
        for finding in report.findings where finding.code != .notRehearsed {
            let style: Style = finding.action == .tell ? .yellow : .red
            let meaning =
                switch finding.action {
                case .tell: ""
                case .ask: " (asks for approval)"
                case .refuse: " (refused)"
                }
            try output.line(painter("\(finding.code.rawValue): ", style) + finding.message.printable + meaning)
            if let location = finding.location { try output.line(painter("  at: ", .dim) + "\(location)".printable) }
            for example in finding.examples ?? [] { try output.line(painter("  such as: ", .dim) + example.printable) }
            try output.line(painter("  hint: ", .dim) + finding.hint)
        }
    }

    private static func heading(_ report: RehearsalReport) -> String {
        let size = Quantity.bytes(report.databaseSize)
        let times =
            "restored in \(Quantity.duration(seconds: report.restoreSeconds)), all in \(Quantity.duration(seconds: report.elapsedSeconds))"
        return "rehearsed in a copy of \(size) on PostgreSQL \(report.serverVersion): \(times)"
    }

    private static func table(_ report: RehearsalReport) -> Table {
        var table = Table([
            .init(title: "REVISION"), .init(title: "LINE", alignment: .right), .init(title: "STATEMENT"),
            .init(title: "TIME", alignment: .right), .init(title: "ROWS", alignment: .right),
            .init(title: "WAL", alignment: .right), .init(title: "STRONGEST LOCK"),
        ])
        for statement in report.statements {
            let rows = statement.relations.filter { $0.kind == .table }
                .reduce(Int64(0)) { $0 + max($1.rowsRead, $1.rowsWritten) }
            let rewritten = statement.relations.contains { $0.isRewritten && $0.kind == .table }
            let way = statement.direction == .downgrade ? "down: " : ""
            table.add([
                .init(statement.revision.rawValue, .bold), .init(String(statement.line)),
                .init(way + statement.verb + (rewritten ? ", rewrites" : ""), rewritten ? .yellow : .plain),
                .init(Quantity.duration(milliseconds: statement.elapsedMilliseconds)),
                .init(rows == 0 ? "" : Quantity.grouped(rows)), .init(Quantity.bytes(statement.walBytes)),
                .init(lock(statement)),
            ])
        }
        return table
    }

    /// From weak to strong, as PostgreSQL's manual has them ("Table-Level Locks").
    private static let modes = [
        "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
        "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
    ]

    /// The strongest lock on something that was there before, or else on anything.
    private static func lock(_ statement: StatementMeasure) -> String {
        let new = Set(statement.relations.filter(\.isNew).map(\.name))
        let strongest = statement.locks.filter { $0.isOfNew != true && !new.contains($0.relation) }.max { one, other in
            let (left, right) = (modes.firstIndex(of: one.mode) ?? 0, modes.firstIndex(of: other.mode) ?? 0)
            // An index has the name of its table in its own, as a rule: the table is what people know.
            return (left, -one.relation.count) < (right, -other.relation.count)
        }
        guard let strongest else { return "" }
        let time = Quantity.duration(milliseconds: strongest.heldMilliseconds)
        return "\(strongest.mode) on \(strongest.relation) for \(statement.isSampled ? "about " : "")\(time)"
    }

    private static func wayBack(_ way: WayBack) -> String {
        guard !way.takenBack.isEmpty else { return "no way back" }
        let names = way.takenBack.map(\.rawValue).joined(separator: ", ")
        let isGood = way.losses.isEmpty && way.schemaDifferences.isEmpty && way.secondUpgradeDifferences.isEmpty
        return isGood && way.irreversible.isEmpty
            ? "taken back and applied again: \(names), schema and data were as before"
            : "taken back and applied again: \(names)"
    }
}

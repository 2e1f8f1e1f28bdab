import Revisions

/// What is worth telling of a rehearsal, and what stops the job.
public struct RehearsalPolicy: Sendable, Hashable {
    /// A strong lock that is held longer than this, in milliseconds, is a finding.
    public var lockMilliseconds: Double
    /// A rewrite of a table of so many bytes or more is one.
    public var rewriteBytes: Int64
    /// A constraint that reads so many rows or more is one.
    public var scanRows: Int64
    /// The findings that end the job before anything is done to the database.
    public var refused: Set<RehearsalFinding.Code>
    /// The findings that somebody has to consent to.
    public var asked: Set<RehearsalFinding.Code>
    /// What is done where carrying out the plan takes far longer than the rehearsal did.
    public var overrun: OverrunPolicy

    public init(
        lockMilliseconds: Double = 1000, rewriteBytes: Int64 = 64 << 20, scanRows: Int64 = 10_000,
        refused: Set<RehearsalFinding.Code> = [], asked: Set<RehearsalFinding.Code> = [],
        overrun: OverrunPolicy = OverrunPolicy()
    ) {
        self.lockMilliseconds = lockMilliseconds
        self.rewriteBytes = rewriteBytes
        self.scanRows = scanRows
        self.refused = refused
        self.asked = asked
        self.overrun = overrun
    }

    private func action(for code: RehearsalFinding.Code) -> RehearsalFinding.Action {
        refused.contains(code) ? .refuse : asked.contains(code) ? .ask : .tell
    }

    /// The modes in which others can no longer write, or not even read.
    public static let strongModes: Set<String> = [
        "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
    ]

    /// What the figures of a report amount to, beside the findings that it has already.
    public func judge(_ report: RehearsalReport, paths: (StatementMeasure) -> String?) -> [RehearsalFinding] {
        var findings = report.findings
        // What each revision has kept others from by then.
        var locked: [RevisionID: Set<String>] = [:]
        // How long a downgrade takes is no matter of the upgrade's.
        for statement in report.statements where statement.direction == report.statements.first?.direction {
            let location = paths(statement).map { Failure.Location(path: $0, line: statement.line) }
            let held = statement.locksInTheWay.map(\.relation)
            locked[statement.revision, default: []].formUnion(held)
            let found =
                locks(of: statement) + rewrites(of: statement)
                + scans(of: statement, under: locked[statement.revision] ?? [])
            for var finding in found {
                finding.location = location
                // Of several locks on one table the first is told: it was held the longest.
                let isTold = findings.contains { $0.code == finding.code && $0.object == finding.object }
                if !isTold { findings.append(finding) }
            }
        }
        findings += report.wayBack.map { Self.findings($0, report) } ?? []
        return findings.map { finding in
            var judged = finding
            judged.action = action(for: finding.code)
            return judged
        }
    }

    private func locks(of statement: StatementMeasure) -> [RehearsalFinding] {
        statement.locksInTheWay.filter { $0.heldMilliseconds > lockMilliseconds }.map { lock in
            let held = Self.time(lock.heldMilliseconds)
            let victims = lock.mode == "AccessExclusiveLock" ? "reading and writing" : "writing"
            return RehearsalFinding(
                .strongLock, lock.relation,
                "\(statement.verb) of \(statement.revision) locks \"\(lock.relation)\" against \(victims) for \(held)")
        }
    }

    private func rewrites(of statement: StatementMeasure) -> [RehearsalFinding] {
        // What is emptied gets a new file as well, and costs nothing.
        guard !statement.verb.hasPrefix("TRUNCATE") else { return [] }
        return statement.relations.filter {
            $0.isRewritten && !$0.isNew && $0.kind != .index && $0.bytesBefore >= max(1, rewriteBytes)
        }.map { relation in
            RehearsalFinding(
                .tableRewrite, relation.name,
                "\(statement.verb) of \(statement.revision) writes all of \"\(relation.name)\" anew, \(relation.bytesBefore >> 10) KiB in \(Self.time(statement.elapsedMilliseconds))"
            )
        }
    }

    /// Reading a table in which others can write meanwhile is what is advised.
    private func scans(of statement: StatementMeasure, under locked: Set<String>) -> [RehearsalFinding] {
        guard statement.verb.hasPrefix("ALTER TABLE") else { return [] }
        return statement.relations.filter {
            locked.contains($0.name) && $0.sequentialScans > 0 && !$0.isNew && !$0.isRewritten && $0.kind == .table
                && $0.rowsRead >= scanRows
        }.map { relation in
            RehearsalFinding(
                .tableScan, relation.name,
                "\(statement.verb) of \(statement.revision) reads all \(relation.rowsRead) rows of \"\(relation.name)\" under its lock"
            )
        }
    }

    private static func findings(_ way: WayBack, _ report: RehearsalReport) -> [RehearsalFinding] {
        var findings = way.losses.map { loss in
            let what = loss.column.map { "column \"\($0)\" of \"\(loss.relation)\"" } ?? "table \"\(loss.relation)\""
            let unit = loss.column == nil ? "rows" : "values"
            let result =
                loss.before == loss.after
                ? "\(loss.before) \(unit) do not come back as they were"
                : "\(loss.before) \(unit) before, \(loss.after) after"
            // The steps that can have lost it: what is lost in one is not there for the next.
            let steps = report.statements(changing: loss.relation).map(\.revision.rawValue)
            let by = way.takenBack.map(\.rawValue).filter(steps.contains).joined(separator: ", ")
            return RehearsalFinding(
                .downgradeLosesData, loss.relation + (loss.column.map { ".\($0)" } ?? ""),
                "up and down again\(by.isEmpty ? "" : ", \(by)") loses data of \(what): \(result)")
        }
        let names = way.takenBack.map(\.rawValue).joined(separator: ", ")
        if way.hasOnlyOrderChanged {
            findings.append(
                RehearsalFinding(.columnOrder, names, "up and down again changes the order of columns"))
        } else if !way.schemaDifferences.isEmpty {
            findings.append(
                RehearsalFinding(
                    .downgradeDiffers, names,
                    "up and down again leaves the schema other than it was: \(way.schemaDifferences.prefix(3).joined(separator: "; "))"
                ))
        }
        if !way.secondUpgradeDifferences.isEmpty {
            findings.append(
                RehearsalFinding(
                    .downgradeDiffers, names,
                    "the second way up leads elsewhere than the first: \(way.secondUpgradeDifferences.prefix(3).joined(separator: "; "))"
                ))
        }
        return findings
    }

    /// `850 ms`, `2.8 s`
    public static func time(_ milliseconds: Double) -> String {
        guard milliseconds >= 1000 else { return "\(Int(max(0, milliseconds).rounded())) ms" }
        return "\(Double(Int(milliseconds / 100)) / 10) s"
    }
}

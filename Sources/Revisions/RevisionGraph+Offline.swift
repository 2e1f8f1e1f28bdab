/// What `--sql` shall write: where it starts and what is run, or stamped, from there. No database is asked.
public struct OfflinePlan: Sendable, Hashable {
    /// The rows that the version table is taken to have.
    public var rows: [RevisionID]
    public var steps: [GraphStep]
    /// The row changes of a stamp; those of an upgrade or a downgrade stand in its steps.
    public var rowChanges: [VersionRowChange]
    public var rowsAfter: [RevisionID]
}

extension RevisionGraph {
    /// `upgrade TO --sql`, from nothing, or `upgrade FROM:TO --sql`.
    public func offlineUpgrade(_ text: String) throws(RevisionError) -> OfflinePlan {
        let (start, target) = try Self.splitRange(text)
        let rows = try offlineRows(start)
        return Self.plan(rows, try upgrade(to: target, from: rows))
    }

    /// `downgrade FROM:TO --sql`; the range is needed.
    public func offlineDowngrade(_ text: String) throws(RevisionError) -> OfflinePlan {
        let (start, target) = try Self.splitRange(text)
        guard let start else {
            throw RevisionError(
                .rangeRequired, "cannot write the downgrade to \"\(text)\" as SQL: it is not said from where",
                hint: "write FROM:\(text)")
        }
        let rows = try offlineRows(start)
        return Self.plan(rows, try downgrade(to: target, from: rows))
    }

    /// `stamp TO… --sql`, from nothing, or `stamp FROM:TO… --sql`.
    public func offlineStamp(_ texts: [String], purge: Bool = false) throws(RevisionError) -> OfflinePlan {
        if purge {
            throw RevisionError(
                .purgeWithSQL, "cannot purge with --sql: what the version table holds is not known",
                hint: "leave out --purge, and write FROM:TO")
        }
        var start: RevisionTarget?
        var targets: [RevisionTarget] = []
        for text in texts {
            let (from, target) = try Self.splitRange(text)
            if let from {
                guard start == nil || start == from else {
                    throw RevisionError(
                        .singleStartRequired, "cannot write the stamp as SQL: it has several starting points",
                        hint: "give every target the same FROM, or only one of them")
                }
                start = from
            }
            targets.append(target)
        }
        let rows = try offlineRows(start)
        let plan = try stamp(to: targets, from: rows)
        return OfflinePlan(rows: rows, steps: [], rowChanges: plan.rowChanges, rowsAfter: plan.rowsAfter)
    }

    private static func splitRange(
        _ text: String
    ) throws(RevisionError) -> (start: RevisionTarget?, target: RevisionTarget) {
        guard text.contains(":") else { return (nil, try RevisionTarget(parsing: text)) }
        let range = try RevisionRange(parsing: text)
        guard let end = range.end else {
            throw RevisionError(
                .illegalTarget, "cannot read the range \"\(text)\": nothing stands behind the colon",
                hint: "write FROM:TO")
        }
        return (range.start, end)
    }

    private func offlineRows(_ start: RevisionTarget?) throws(RevisionError) -> [RevisionID] {
        guard let start, let id = try resolveOne(start) else { return [] }
        return [id]
    }

    private static func plan(_ rows: [RevisionID], _ steps: [GraphStep]) -> OfflinePlan {
        OfflinePlan(rows: rows, steps: steps, rowChanges: [], rowsAfter: steps.last?.rowsAfter ?? rows)
    }
}

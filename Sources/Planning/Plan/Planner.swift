public import Revisions
import SQLText

/// Makes plans from a graph, the rows of the version table and a target. Pure: the same input gives the same plan.
public struct Planner: Sendable {
    public var graph: RevisionGraph

    public init(graph: RevisionGraph) {
        self.graph = graph
    }

    /// What has to be done to bring a database at `rows` to `target`.
    ///
    /// - Throws: `Failure` `no-such-revision`, `ambiguous-revision`, `revisions-invalid` as the graph says; and
    ///   `irreversible` and `unfinished-revision`, naming every revision without a downgrade or with something to be
    ///   filled in, before anything is done.
    public func plan(_ direction: Direction, to target: RevisionTarget, from rows: [RevisionID]) throws(Failure) -> Plan
    {
        let (plan, gaps) = try preview(direction, to: target, from: rows)
        guard gaps.isEmpty else { throw Self.refusal(of: gaps, target: target.text) }
        return plan
    }

    /// The same for who only wants to see it: what cannot be run is a gap between the steps, and no failure.
    public func preview(
        _ direction: Direction, to target: RevisionTarget, from rows: [RevisionID]
    ) throws(Failure) -> (plan: Plan, gaps: [PlanGap]) {
        let way: [GraphStep]
        do {
            switch direction {
            case .upgrade: way = try graph.upgrade(to: target, from: rows)
            case .downgrade: way = try graph.downgrade(to: target, from: rows)
            }
        } catch {
            throw Failure(error)
        }
        return try fill(way, from: rows)
    }

    /// What `--sql` writes for `TO` or `FROM:TO`, where no database is asked.
    ///
    /// - Throws: as ``plan(_:to:from:)``.
    public func offlinePlan(_ direction: Direction, to range: String) throws(Failure) -> Plan {
        let offline: OfflinePlan
        do {
            switch direction {
            case .upgrade: offline = try graph.offlineUpgrade(range)
            case .downgrade: offline = try graph.offlineDowngrade(range)
            }
        } catch {
            throw Failure(error)
        }
        let (plan, gaps) = try fill(offline.steps, from: offline.rows)
        guard gaps.isEmpty else { throw Self.refusal(of: gaps, target: range) }
        return plan
    }

    /// What `stamp --sql` writes. Without targets: only the version table's creation.
    ///
    /// - Throws: `Failure` as the graph says.
    public func offlineStamp(to targets: [String], purge: Bool) throws(Failure) -> Plan {
        do {
            guard !targets.isEmpty else { return Plan(rowsBefore: [], steps: [], stamp: StampPlan()) }
            let offline = try graph.offlineStamp(targets, purge: purge)
            return Plan(
                rowsBefore: offline.rows, steps: [],
                stamp: StampPlan(rowChanges: offline.rowChanges, rowsAfter: offline.rowsAfter))
        } catch {
            throw Failure(error)
        }
    }

    private func fill(
        _ way: [GraphStep], from rows: [RevisionID]
    ) throws(Failure) -> (plan: Plan, gaps: [PlanGap]) {
        var plan = Plan(rowsBefore: rows.sorted(), steps: [])
        var gaps: [PlanGap] = []
        for graphStep in way {
            guard let revision = graph[graphStep.revision] else {
                throw Failure(.noSuchRevision, "cannot plan revision \"\(graphStep.revision)\": it has no file")
            }
            let unfinished = revision.section(graphStep.direction)?.unfinished
            if unfinished == nil, let step = Step(graphStep, of: revision) {
                plan.steps.append(step)
            } else {
                gaps.append(
                    PlanGap(
                        revision: revision.id, direction: graphStep.direction, description: revision.description,
                        path: revision.path, position: plan.steps.count,
                        unfinished: unfinished.map { "\($0.position.line): \($0.reason)" }))
            }
        }
        return (plan, gaps)
    }

    /// Why a plan with gaps is not carried out.
    public static func refusal(of gaps: [PlanGap], target: String) -> Failure {
        func names(_ gaps: [PlanGap]) -> String { gaps.map { "\"\($0.revision)\"" }.joined(separator: ", ") }
        let irreversible = gaps.filter { $0.unfinished == nil }
        guard irreversible.isEmpty else {
            return Failure(
                .irreversible, "cannot downgrade to \"\(target)\": no downgrade in \(names(irreversible))",
                hint: "add a \"-- migrated: downgrade\" section, or restore a backup",
                location: irreversible.first.map { Failure.Location(path: $0.path) })
        }
        let direction = gaps.first?.direction ?? .upgrade
        return Failure(
            .unfinishedRevision,
            "cannot \(direction.rawValue) to \"\(target)\": \(names(gaps)) is to be filled in first",
            hint: "write the SQL that is missing, and remove the line \"-- migrated: unfinished\"",
            notes: gaps.map { "\($0.path):\($0.unfinished ?? "")" })
    }
}

extension Step {
    /// The step that applies `revision` as the graph says; nil where the revision has no section for that direction.
    public init?(_ step: GraphStep, of revision: Revision) {
        guard let section = revision.section(step.direction) else { return nil }
        self.init(
            revision: revision.id, direction: step.direction, contentDigest: section.contentDigest,
            sourceDigest: revision.sourceDigest, description: revision.description, path: revision.path,
            isTransactional: revision.isTransactional, statementCount: section.statements.count,
            rowChanges: step.rowChanges, rowsAfter: step.rowsAfter)
    }
}

extension Failure {
    /// A fault of the revisions, or of a target among them, as the failure that a person sees.
    public init(_ error: RevisionError) {
        let code: Code =
            switch error.code {
            case .noSuchRevision, .noSuchBranch, .relativeOutOfRange, .notInBranch, .notAncestor: .noSuchRevision
            case .ambiguousPrefix, .ambiguousCurrent, .ambiguousWalk, .multipleHeads: .ambiguousRevision
            default: .revisionsInvalid
            }
        self.init(
            code, error.message, hint: error.hint,
            location: error.path.map {
                Location(path: $0, line: error.position?.line, column: error.position?.column)
            })
    }
}

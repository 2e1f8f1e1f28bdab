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
    ///   `irreversible`, naming every revision without a downgrade, before anything is done.
    public func plan(_ direction: Direction, to target: RevisionTarget, from rows: [RevisionID]) throws(Failure) -> Plan
    {
        let graphSteps: [GraphStep]
        do {
            switch direction {
            case .upgrade: graphSteps = try graph.upgrade(to: target, from: rows)
            case .downgrade: graphSteps = try graph.downgrade(to: target, from: rows)
            }
        } catch {
            throw Failure(error)
        }
        var steps: [Step] = []
        var irreversible: [Revision] = []
        for graphStep in graphSteps {
            guard let revision = graph[graphStep.revision] else {
                throw Failure(
                    .noSuchRevision, "cannot plan \"\(target.text)\": revision \"\(graphStep.revision)\" has no file")
            }
            guard let step = Step(graphStep, of: revision) else {
                irreversible.append(revision)
                continue
            }
            steps.append(step)
        }
        guard irreversible.isEmpty else { throw Self.refusal(of: irreversible, target: target) }
        return Plan(rowsBefore: rows.sorted(), steps: steps)
    }

    private static func refusal(of irreversible: [Revision], target: RevisionTarget) -> Failure {
        let names = irreversible.map { "\"\($0.id)\"" }.joined(separator: ", ")
        return Failure(
            .irreversible, "cannot downgrade to \"\(target.text)\": no downgrade in \(names)",
            hint: "add a \"-- migrated: downgrade\" section, or restore a backup",
            location: irreversible.first.map { Failure.Location(path: $0.path) })
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

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
        var unfinished: [Revision] = []
        for graphStep in graphSteps {
            guard let revision = graph[graphStep.revision] else {
                throw Failure(
                    .noSuchRevision, "cannot plan \"\(target.text)\": revision \"\(graphStep.revision)\" has no file")
            }
            guard let step = Step(graphStep, of: revision) else {
                irreversible.append(revision)
                continue
            }
            if revision.section(graphStep.direction)?.unfinished != nil { unfinished.append(revision) }
            steps.append(step)
        }
        guard irreversible.isEmpty else { throw Self.refusal(of: irreversible, target: target) }
        if let failure = Failure(unfinished: unfinished, direction, to: target.text) { throw failure }
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
    /// The refusal to run that direction of these revisions, naming what is to be filled in where; nil where nothing is.
    public init?(unfinished revisions: [Revision], _ direction: Direction, to target: String) {
        let places = revisions.compactMap { revision -> (revision: Revision, unfinished: Revision.Unfinished)? in
            revision.section(direction)?.unfinished.map { (revision, $0) }
        }
        guard !places.isEmpty else { return nil }
        let names = places.map { "\"\($0.revision.id)\"" }.joined(separator: ", ")
        self.init(
            .unfinishedRevision, "cannot \(direction.rawValue) to \"\(target)\": \(names) is to be filled in first",
            hint: "write the SQL that is missing, and remove the line \"-- migrated: unfinished\"",
            notes: places.map { "\($0.revision.path):\($0.unfinished.position.line): \($0.unfinished.reason)" })
    }

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

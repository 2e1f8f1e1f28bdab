import Control
import Digest
import Engine
import Planning
import Revisions
import Varlink

extension Handlers {
    /// How many revisions or entries go into one reply of a stream.
    private static let portion = 200

    func listRevisions(_ parameters: ListRevisions.Parameters, _ stream: ControlStream<ListRevisions>) async throws {
        let engine = try await engineOnceTried(parameters.database)
        let graph = engine.library.snapshot.graph
        var rows: [RevisionID] = []
        var unknownBecause: String?
        do {
            rows = try await engine.currentRows()
        } catch {
            // The files can be listed all the same; what is applied must not be guessed.
            unknownBecause = (error as? Failure)?.message ?? "\(error)"
        }
        let place = Placement(graph: graph, rows: rows)
        let all = graph.revisions.reversed().map(place.summary)
        let reason = unknownBecause
        try await Self.send(all, to: stream) { ListRevisions.Reply(revisions: $0, unknownBecause: reason) }
    }

    func getRevision(_ parameters: GetRevision.Parameters) async throws -> GetRevision.Reply {
        let engine = try await engineOnceTried(parameters.database)
        let graph = engine.library.snapshot.graph
        let rows = try await engine.currentRows()
        let place = Placement(graph: graph, rows: rows)
        if let job = parameters.job {
            let id = RevisionID(parameters.revision)
            return try await reply(try await engine.revision(id, of: job.number), place, engine)
        }
        let ids: [RevisionID]
        do {
            ids = try graph.resolve(RevisionTarget(parsing: parameters.revision), rows: rows)
        } catch {
            throw Failure(error)
        }
        guard ids.count == 1, let revision = graph[ids[0]] else {
            throw Failure(
                ids.isEmpty ? .noSuchRevision : .ambiguousRevision,
                "cannot show \"\(parameters.revision)\": it means \(ids.count) revisions",
                hint: ids.isEmpty ? nil : "name one of \(ids.map(\.rawValue).joined(separator: ", "))")
        }
        return try await reply(revision, place, engine)
    }

    private func reply(
        _ revision: Revision, _ place: Placement, _ engine: DatabaseEngine
    ) async throws -> GetRevision.Reply {
        GetRevision.Reply(
            revision: place.summary(revision),
            source: String(decoding: revision.source, as: UTF8.self),
            upgradeDigest: revision.upgrade.contentDigest.description,
            downgradeDigest: revision.downgrade?.contentDigest.description,
            approvals: try await engine.approvals(for: revision))
    }

    func getHistory(_ parameters: GetHistory.Parameters, _ stream: ControlStream<GetHistory>) async throws {
        let engine = try await engineOnceTried(parameters.database)
        let entries = try await engine.history(limit: parameters.limit)
        let stamps = try await engine.stamps(limit: parameters.limit)
        guard stream.more else { return try await stream.finish(GetHistory.Reply(entries: entries, stamps: stamps)) }
        if !stamps.isEmpty { try await stream.send(GetHistory.Reply(entries: [], stamps: stamps)) }
        try await Self.send(entries, to: stream) { GetHistory.Reply(entries: $0) }
    }

    func makePlan(_ parameters: MakePlan.Parameters, _ call: Call) async throws -> MakePlan.Reply {
        let engine = try await engineOnceTried(parameters.database)
        let preview = try await engine.preview(
            parameters.direction, to: parameters.target, allowsGaps: parameters.allowsGaps ?? false,
            for: Access.person(call.peer))
        let plan = preview.plan
        return MakePlan.Reply(
            rowsBefore: plan.rowsBefore, rowsAfter: plan.rowsAfter, steps: plan.steps,
            missingApprovals: preview.missingApprovals, digest: plan.digest.description, gaps: preview.gaps,
            withoutFile: preview.withoutFile)
    }

    func getScript(_ parameters: GetScript.Parameters, _ stream: ControlStream<GetScript>) async throws {
        let engine = try await engineOnceTried(parameters.database)
        let sql = try await engine.script(parameters.direction, to: parameters.target)
        guard stream.more else { return try await stream.finish(GetScript.Reply(sql: sql)) }
        // In JSON a character may take six bytes, and a message has its limit.
        var rest = Substring(sql)
        while rest.utf8.count > Self.scriptPortion {
            let portion = rest.unicodeScalars.prefix(Self.scriptPortion / 4)
            try await stream.send(GetScript.Reply(sql: String(portion)))
            rest = rest[portion.endIndex...]
        }
        try await stream.finish(GetScript.Reply(sql: String(rest)))
    }

    /// How many bytes of a script go into one reply.
    private static let scriptPortion = 1 << 20

    /// Sends a list in portions, or whole to a caller that takes one reply only.
    private static func send<M: ControlMethod, Item>(
        _ items: [Item], to stream: ControlStream<M>, _ reply: ([Item]) -> M.Reply
    ) async throws {
        guard stream.more, items.count > portion else { return try await stream.finish(reply(items)) }
        var rest = items[...]
        while rest.count > portion {
            try await stream.send(reply(Array(rest.prefix(portion))))
            rest = rest.dropFirst(portion)
        }
        try await stream.finish(reply(Array(rest)))
    }
}

/// Where revisions stand in the graph and in the database.
private struct Placement {
    let graph: RevisionGraph
    let rows: Set<RevisionID>
    let heads: Set<RevisionID>
    let applied: Set<RevisionID>

    init(graph: RevisionGraph, rows: [RevisionID]) {
        self.graph = graph
        self.rows = Set(rows)
        heads = Set(graph.heads)
        applied = (try? graph.applied(rows: rows.filter { graph.contains($0) })) ?? []
    }

    func summary(_ revision: Revision) -> RevisionSummary {
        RevisionSummary(
            id: revision.id, downRevisions: revision.downRevisions, dependsOn: revision.dependsOn,
            branchLabels: revision.branchLabels, description: revision.description, created: revision.created,
            path: revision.path, isTransactional: revision.isTransactional, hasDowngrade: revision.downgrade != nil,
            isHead: heads.contains(revision.id), isBase: revision.downRevisions.isEmpty,
            isBranchPoint: graph.isBranchPoint(revision.id), isMergePoint: graph.isMergePoint(revision.id),
            isCurrent: rows.contains(revision.id), isApplied: applied.contains(revision.id))
    }
}

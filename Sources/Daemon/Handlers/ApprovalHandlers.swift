import Control
import Digest
import Engine
import Planning
import Revisions
import Varlink

extension Handlers {
    func approve(_ request: ApprovalRequest, _ call: Call) async throws -> ApprovalReply {
        try Access.demand(.approve, of: call.peer)
        let engine = try await engineForWork(request.database)
        let (items, findings) = (try Self.items(request), try Self.findings(request, of: engine))
        // First what may be refused because it has changed: all of it, or none.
        try await engine.approveFindings(findings, by: Access.person(call.peer))
        return ApprovalReply(
            approvals: try await engine.approve(items, by: Access.person(call.peer)),
            findings: findings.isEmpty ? nil : try await engine.findingsApprovals())
    }

    func revoke(_ request: ApprovalRequest, _ call: Call) async throws -> ApprovalReply {
        try Access.demand(.approve, of: call.peer)
        let engine = try await engineForWork(request.database)
        let (items, findings) = (try Self.items(request), try Self.findings(request, of: engine))
        try await engine.revokeFindings(findings, by: Access.person(call.peer))
        return ApprovalReply(
            approvals: items.isEmpty ? [] : try await engine.revoke(items, by: Access.person(call.peer)),
            findings: findings.isEmpty ? nil : try await engine.findingsApprovals())
    }

    private static func items(
        _ request: ApprovalRequest
    ) throws(Failure) -> [(revision: RevisionID, direction: Direction, digest: SHA256Digest)] {
        let count = request.items.count + (request.findings?.count ?? 0)
        guard count > 0, count <= 20_000 else {
            throw Failure(.usage, "cannot approve or revoke: the list has \(count) items")
        }
        return request.items.map { ($0.revision, $0.direction, $0.contentDigest) }
    }

    private static func findings(
        _ request: ApprovalRequest, of engine: DatabaseEngine
    ) throws(Failure) -> [(job: Int64, digest: SHA256Digest)] {
        try (request.findings ?? []).map { item throws(Failure) in
            guard item.job.database == engine.configuration.name else {
                throw Failure(.noSuchJob, "cannot find job \"\(item.job)\" in \"\(engine.configuration.name)\"")
            }
            return (item.job.number, item.digest)
        }
    }

    func listApprovals(_ parameters: ListApprovals.Parameters) async throws -> ApprovalReply {
        let engine = try await engineOnceTried(parameters.database)
        let findings = try await engine.findingsApprovals()
        return ApprovalReply(approvals: try await engine.approvals(), findings: findings.isEmpty ? nil : findings)
    }
}

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
        return ApprovalReply(
            approvals: try await engine.approve(Self.items(request), by: Access.person(call.peer)))
    }

    func revoke(_ request: ApprovalRequest, _ call: Call) async throws -> ApprovalReply {
        try Access.demand(.approve, of: call.peer)
        let engine = try await engineForWork(request.database)
        return ApprovalReply(approvals: try await engine.revoke(Self.items(request), by: Access.person(call.peer)))
    }

    private static func items(
        _ request: ApprovalRequest
    ) throws(Failure) -> [(revision: RevisionID, direction: Direction, digest: SHA256Digest)] {
        guard !request.items.isEmpty, request.items.count <= 20_000 else {
            throw Failure(.usage, "cannot approve or revoke: the list has \(request.items.count) items")
        }
        return request.items.map { ($0.revision, $0.direction, $0.contentDigest) }
    }

    func listApprovals(_ parameters: ListApprovals.Parameters) async throws -> ApprovalReply {
        ApprovalReply(approvals: try await engineOnceTried(parameters.database).approvals())
    }
}

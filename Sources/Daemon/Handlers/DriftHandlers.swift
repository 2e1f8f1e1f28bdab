import Control
import Engine
import Planning
import Varlink

/// The schema between upgrades.
extension Handlers {
    func getDrift(_ parameters: GetDrift.Parameters, _ call: Call) async throws -> GetDrift.Reply {
        try Access.demand(.view, of: call.peer)
        return GetDrift.Reply(report: try await engineOnceTried(parameters.database).drift())
    }

    func acceptDrift(_ parameters: AcceptDrift.Parameters, _ call: Call) async throws -> AcceptDrift.Reply {
        try Access.demand(.approve, of: call.peer)
        let engine = try await engineOnceTried(parameters.database)
        guard try await engine.drift().changes == parameters.changes else {
            throw Failure(
                .digestMismatch, "cannot accept the drift: it is no longer what was shown",
                hint: "look again: migratectl drift")
        }
        return AcceptDrift.Reply(report: try await engine.acceptDrift(by: Access.person(call.peer)))
    }
}

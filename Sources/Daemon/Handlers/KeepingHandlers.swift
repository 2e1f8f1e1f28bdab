import Control
import Engine
import Planning
import Varlink

/// What concerns a database as a whole, and its jobs' second tries.
extension Handlers {
    func retry(_ parameters: Retry.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.operate, of: call.peer)
        let (engine, number) = try await find(parameters.job)
        return JobReply(
            job: try await engine.retry(number, requestID: parameters.requestId, person: Access.person(call.peer)))
    }

    func getSchema(_ parameters: GetSchema.Parameters, _ call: Call) async throws -> GetSchema.Reply {
        try Access.demand(.view, of: call.peer)
        let engine = try await engineOnceTried(parameters.database)
        return GetSchema.Reply(schema: try await engine.schema(), invalidIndexes: try await engine.invalidIndexes())
    }

    func reset(_ parameters: Reset.Parameters, _ call: Call) async throws -> Reset.Reply {
        try Access.demand(.administer, of: call.peer)
        let engine = try await engineForWork(parameters.database)
        let person = Access.person(call.peer)
        return Reset.Reply(
            job: try await engine.enqueueReset(requestID: parameters.requestId, person: person),
            upgrade: try await engine.enqueue(
                .upgrade, target: "heads", requestID: parameters.upgradeRequestId, person: person))
    }

    func release(_ parameters: Release.Parameters, _ call: Call) async throws -> Release.Reply {
        try Access.demand(.administer, of: call.peer)
        let released = try await engineOnceTried(parameters.database).release(by: Access.person(call.peer))
        return Release.Reply(versionTable: released.versionTable, rows: released.rows)
    }
}

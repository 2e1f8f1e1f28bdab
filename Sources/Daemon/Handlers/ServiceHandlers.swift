import Control
import Engine
import Planning
import Varlink

extension Handlers {
    func diagnose(_ parameters: Diagnose.Parameters) async throws -> Diagnose.Reply {
        var checks = [reloading.check()]
        for engine in try engines(parameters.database) {
            await engine.waitUntilTried(upTo: Self.patience)
            checks += await engine.diagnose()
        }
        return Diagnose.Reply(checks: checks)
    }

    func reload(_ parameters: Nothing, _ call: Call) async throws -> Reload.Reply {
        try Access.demand(.administer, of: call.peer)
        return Reload.Reply(changes: try await reloading.run())
    }

    func pause(_ parameters: Pause.Parameters, _ call: Call) async throws -> Nothing {
        try Access.demand(.administer, of: call.peer)
        let person = Access.person(call.peer)
        try await engineForWork(parameters.database)
            .pauseAutoUpgrade(because: "\(parameters.reason) (\(person.userName))")
        return Nothing()
    }

    func resume(_ parameters: Resume.Parameters, _ call: Call) async throws -> Nothing {
        try Access.demand(.administer, of: call.peer)
        try await engineForWork(parameters.database).pauseAutoUpgrade(because: nil)
        return Nothing()
    }

    func adopt(_ parameters: Adopt.Parameters, _ call: Call) async throws -> Nothing {
        try Access.demand(.administer, of: call.peer)
        try await engineForWork(parameters.database).adopt()
        return Nothing()
    }
}

import Control
import Planning
import Testing
import Varlink

@Suite("Handlers are typed, and whatever they throw becomes an error reply")
struct ControlServerTests {
    private let call = Call(peer: PeerCredentials(pid: 1, uid: 2, gid: 3), method: "", more: true)

    @Test("a handler gets its parameters and gives its reply")
    func simple() async throws {
        let handler = ControlServer.handler(Cancel.self) { parameters, call in
            #expect(parameters.job == "main-41")
            #expect(call.peer.uid == 2)
            return JobReply(job: Samples.job)
        }
        #expect(handler.method == "io.migrated.Control.Cancel")
        try await handler.invoke(["job": .string("main-41")], call: call) { parameters, continues in
            #expect(!continues)
            let reply: JobReply = try JSONValue.object(parameters).decode()
            #expect(reply.job == Samples.job)
        }
    }

    @Test("a failure crosses as the error that stands for it")
    func failing() async throws {
        let handler = ControlServer.handler(Cancel.self) { _, _ in
            throw Failure(.noSuchJob, "cannot cancel \"main-41\": no such job")
        }
        let error = await #expect(throws: VarlinkError.self) {
            try await handler.invoke(["job": .string("main-41")], call: self.call) { _, _ in }
        }
        #expect(error?.name == "io.migrated.Control.NoSuchJob")
    }

    @Test("a streaming handler sends and finishes")
    func streaming() async throws {
        let handler = ControlServer.handler(streaming: WatchJob.self) { _, stream in
            try await stream.send(.init(job: Samples.job))
            try await stream.send(.init(event: Samples.event))
            try await stream.finish(.init(job: Samples.job))
        }
        let (replies, continuation) = AsyncStream.makeStream(of: Bool.self)
        try await handler.invoke(["job": .string("main-41")], call: call) { _, continues in
            continuation.yield(continues)
        }
        continuation.finish()
        var seen: [Bool] = []
        for await continues in replies { seen.append(continues) }
        #expect(seen == [true, true, false])
    }

    @Test("what no handler answers, and what two do, is told")
    func completeness() {
        let handler = ControlServer.handler(Cancel.self) { _, _ in JobReply(job: Samples.job) }
        let (missing, repeated) = ControlServer.unanswered(by: [handler, handler])
        #expect(missing.count == ControlInterface.methods.count - 1)
        #expect(repeated == ["io.migrated.Control.Cancel"])
    }
}

import Control
import Planning
import Testing
import Varlink

@Suite("The client loses nothing when the daemon goes away and comes back", .timeLimit(.minutes(15)))
struct ControlClientTests {
    private let request = MigrationRequest(
        database: "main", target: "head", requestId: "6f1ed002-ab5e-4c5c-8d5b-0123456789ab")

    /// As many attempts as a test wants, and no waiting.
    private func patience(_ attempts: Int) -> Patience {
        Patience(pauses: Array(repeating: .zero, count: attempts), sleep: { _ in })
    }

    private func frame(_ reply: some Encodable, continues: Bool = false) throws -> String {
        var members: [String: JSONValue] = ["parameters": try JSONValue(encoding: reply)]
        if continues { members["continues"] = .bool(true) }
        return String(decoding: try JSONValue.object(members).serialized(), as: UTF8.self)
    }

    private func event(_ sequence: Int64) -> JobEvent {
        var event = Samples.event
        event.sequence = sequence
        return event
    }

    @Test("a call whose reply was lost is repeated with the same request id")
    func lostReply() async throws {
        let peer = ScriptedPeer([.hangUp, .hangUp, .reply(try frame(JobReply(job: Samples.job)))])
        defer { peer.close() }
        let client = ControlClient(socketPath: peer.path, patience: patience(5))
        let reply = try await client.call(Upgrade.self, request)
        #expect(reply.job == Samples.job)
        #expect(peer.calls.count == 3)
        #expect(Set(peer.calls).count == 1)
        #expect(peer.calls.first?.contains(request.requestId) == true)
    }

    @Test("patience ends")
    func gaveUp() async throws {
        let peer = ScriptedPeer(Array(repeating: .hangUp, count: 3))
        defer { peer.close() }
        let client = ControlClient(socketPath: peer.path, patience: patience(2))
        let failure = await #expect(throws: Failure.self) { try await client.call(Upgrade.self, self.request) }
        #expect(failure?.code == .daemonUnavailable)
        #expect(peer.calls.count == 3)
    }

    @Test("what must not be done twice is not repeated")
    func notRepeated() async throws {
        let peer = ScriptedPeer([.hangUp, .hangUp])
        defer { peer.close() }
        let client = ControlClient(socketPath: peer.path, patience: patience(5))
        let failure = await #expect(throws: Failure.self) {
            try await client.call(Resolve.self, .init(job: "main-41", decision: .applied, reason: "looked"))
        }
        #expect(failure?.message.contains("cannot tell whether") == true)
        #expect(peer.calls.count == 1)
    }

    @Test("a daemon that is stopping is asked again")
    func stopping() async throws {
        let stopping = VarlinkError(translating: CancellationError())
        let error = JSONValue.object(["error": .string(stopping.name), "parameters": .object(stopping.parameters)])
        let peer = ScriptedPeer([
            .cutOff(after: String(decoding: try error.serialized(), as: UTF8.self)),
            .reply(try frame(JobReply(job: Samples.job))),
        ])
        defer { peer.close() }
        let client = ControlClient(socketPath: peer.path, patience: patience(5))
        #expect(try await client.call(Upgrade.self, request).job == Samples.job)
    }

    @Test("a watch goes on behind the last event that arrived, and shows each once")
    func watchResumes() async throws {
        var over = Samples.job
        over.state = .succeeded
        let peer = ScriptedPeer([
            .cutOff(
                after: try frame(WatchJob.Reply(job: Samples.job), continues: true),
                try frame(WatchJob.Reply(event: event(1)), continues: true),
                try frame(WatchJob.Reply(event: event(2)), continues: true)),
            .reply(
                try frame(WatchJob.Reply(job: Samples.job), continues: true),
                try frame(WatchJob.Reply(event: event(2)), continues: true),
                try frame(WatchJob.Reply(event: event(3)), continues: true),
                try frame(WatchJob.Reply(job: over))),
        ])
        defer { peer.close() }
        let client = ControlClient(socketPath: peer.path, patience: patience(1))
        var sequences: [Int64] = []
        let last = try await client.watch(Samples.job.id) { reply in
            if let event = reply.event { sequences.append(event.sequence) }
        }
        #expect(sequences == [1, 2, 3])
        #expect(last?.state == .succeeded)
        #expect(peer.calls.last?.contains("\"fromSequence\":2") == true)
    }

    @Test("a stream that ends in good order before the job does is taken up again")
    func watchEndedEarly() async throws {
        var running = Samples.job
        running.state = .applying
        var over = Samples.job
        over.state = .succeeded
        let peer = ScriptedPeer([
            .reply(try frame(WatchJob.Reply(job: running), continues: true), "{}"),
            .reply(try frame(WatchJob.Reply(job: over))),
        ])
        defer { peer.close() }
        let client = ControlClient(socketPath: peer.path, patience: patience(1))
        #expect(try await client.watch(running.id) { _ in }?.state == .succeeded)
    }

    @Test("a list that is cut off is read again from its start")
    func collect() async throws {
        let page = ListRevisions.Reply(revisions: [Samples.revision])
        let peer = ScriptedPeer([
            .cutOff(after: try frame(page, continues: true)),
            .reply(try frame(page, continues: true), try frame(page)),
        ])
        defer { peer.close() }
        let client = ControlClient(socketPath: peer.path, patience: patience(1))
        #expect(try await client.collect(ListRevisions.self, .init()).count == 2)
    }

    @Test("a daemon that is not there is said at once, with a hint")
    func absent() async throws {
        let client = ControlClient(socketPath: "/nonexistent/socket", patience: patience(5))
        let failure = await #expect(throws: Failure.self) { try await client.call(GetStatus.self, .init()) }
        #expect(failure?.code == .daemonUnavailable)
        #expect(failure?.hint?.contains("systemctl status migrated") == true)
    }
}

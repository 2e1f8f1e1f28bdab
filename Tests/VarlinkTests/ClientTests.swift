import Glibc
import Testing

@testable import Varlink

struct ClientTests {
    // MARK: against our server

    @Test func callsAThousandTimes() async throws {
        try await TestService().run { path, _ in
            let client = try await Client.connect(toPath: path)
            let clock = ContinuousClock()
            var times: [Duration] = []
            for number in 0..<1000 {
                let text = Text(text: "\(number)")
                times.append(
                    try await clock.measure {
                        let reply: Text = try await client.call("org.example.test.Echo", text)
                        #expect(reply == text)
                    })
            }
            print("varlink call: median \(times.sorted()[500]), slowest \(times.max() ?? .zero)")
        }
    }

    @Test func callsOfManyTasksKeepTheirReplies() async throws {
        try await TestService().run { path, _ in
            let client = try await Client.connect(toPath: path)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let text = Text(text: "\(number)")
                        let reply = try await client.call("org.example.test.Echo", text, returning: Text.self)
                        #expect(reply == text)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func throwsTheServersErrors() async throws {
        try await TestService().run { path, _ in
            let client = try await Client.connect(toPath: path)
            await #expect(throws: VarlinkError(name: "org.example.test.Denied", parameters: ["reason": "so"])) {
                try await client.call("org.example.test.Deny", [:])
            }
            await #expect(throws: VarlinkError.expectedMore) { try await client.call("org.example.test.Many", [:]) }
            await #expect(throws: VarlinkError.invalidParameter("text")) {
                try await client.call("org.example.test.Echo", NoParameters(), returning: Text.self)
            }
            let denied = await #expect(throws: VarlinkError.self) {
                for try await _ in client.stream("org.example.test.Deny", NoParameters(), of: Text.self) {}
            }
            struct Reason: Decodable, Equatable { var reason: String }
            #expect(try denied?.decode(Reason.self) == Reason(reason: "so"))
        }
    }

    @Test func saysWhichFieldOfAReplyIsUnexpected() async throws {
        try await TestService().run { path, _ in
            let client = try await Client.connect(toPath: path)
            let error = ClientError.unexpectedReply(method: "org.example.test.Echo", parameter: "number")
            await #expect(throws: error) {
                struct Wrong: Codable { var number: Int }
                _ = try await client.call("org.example.test.Echo", Text(text: "a"), returning: Wrong.self)
            }
        }
    }

    @Test func streams() async throws {
        try await TestService().run { path, _ in
            let client = try await Client.connect(toPath: path)
            // Far more than is read ahead, and a call that waits for the stream's end.
            let stream = client.stream("org.example.test.Count", Limit(to: 2000), of: Number.self)
            async let after = client.call("org.example.test.Echo", Text(text: "after"), returning: Text.self)
            var numbers: [Int?] = []
            for try await reply in stream { numbers.append(reply.number) }
            #expect(numbers == Array(0..<2000))
            let text = try await after
            #expect(text == Text(text: "after"))
            var many: [Int?] = []
            for try await reply in client.stream("org.example.test.Many", NoParameters(), of: Number.self) {
                many.append(reply.number)
            }
            #expect(many == [1, 2])
        }
    }

    @Test func leavingAStreamEndsItInTheServer() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let client = try await Client.connect(toPath: path)
            for try await reply in client.stream("org.example.test.Watch", NoParameters(), of: Number.self) {
                #expect(reply.number == 0)
                break
            }
            await service.diary.wait(for: "watch cancelled")
            await #expect(throws: ClientError.closed) { try await client.call("org.example.test.Deny", [:]) }
        }
    }

    @Test func cancellingAStreamEndsItInTheServer() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let watching = Task {
                let client = try await Client.connect(toPath: path)
                for try await _ in client.stream("org.example.test.Watch", NoParameters(), of: Number.self) {}
            }
            await service.diary.wait(for: "watch begins")
            watching.cancel()
            _ = await watching.result
            await service.diary.wait(for: "watch cancelled")
        }
    }

    @Test func aStoppedServerEndsAStreamWithAnError() async throws {
        let service = TestService()
        try await service.run { path, stop in
            let client = try await Client.connect(toPath: path)
            await #expect(throws: ClientError.closed) {
                for try await _ in client.stream("org.example.test.Watch", NoParameters(), of: Number.self) { stop() }
            }
        }
    }

    @Test func cancellingACallLeavesTheConnectionUsable() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let client = try await Client.connect(toPath: path)
            let holding = Task { try await client.call("org.example.test.Hold", [:]) }
            await service.diary.wait(for: "hold begins")
            holding.cancel()
            await #expect(throws: CancellationError.self) { try await holding.value }
            service.release.give()
            let reply: Text = try await client.call("org.example.test.Echo", Text(text: "a"))
            #expect(reply == Text(text: "a"))
        }
    }

    @Test func callsTimeOut() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let client = try await Client.connect(toPath: path)
            await #expect(throws: ClientError.timedOut) {
                try await client.call("org.example.test.Hold", [:], timeout: .milliseconds(20))
            }
            await #expect(throws: ClientError.timedOut) { try await client.call("org.example.test.Deny", [:]) }
            service.release.give()
        }
    }

    @Test func onewayCallsAreSent() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let client = try await Client.connect(toPath: path)
            try await client.callOneway("org.example.test.Echo", Text(text: "a"))
            await service.diary.wait(for: "a")
            client.close()
            await #expect(throws: ClientError.closed) {
                try await client.callOneway("org.example.test.Echo", Text(text: "a"))
            }
        }
    }

    @Test func sendsNothingTooLong() async throws {
        try await TestService().run { path, _ in
            let client = try await Client.connect(toPath: path)
            let error = await #expect(throws: ClientError.self) {
                try await client.call(
                    "org.example.test.Echo", Text(text: String(repeating: "x", count: 1 << 20)), returning: Text.self)
            }
            guard case .messageTooLong = error else { return #expect(Bool(false)) }
            _ = try await client.call("org.example.test.Echo", Text(text: "still"), returning: Text.self)
        }
    }

    // MARK: against a server that misbehaves

    @Test func saysWhyItCannotConnect() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/s"
            await #expect(throws: ClientError.noSuchSocket(path: path)) { try await Client.connect(toPath: path) }
            let listener = RawPeer.socket()
            #expect(RawPeer.bind(listener, path) == 0)
            await #expect(throws: ClientError.refused(path: path)) { try await Client.connect(toPath: path) }
            // Nobody accepts: connections wait in the queue until it is full.
            #expect(listen(listener, 0) == 0)
            let first = try RawPeer(connectingTo: path)
            await #expect(throws: ClientError.timedOut) {
                try await Client.connect(toPath: path, timeout: .milliseconds(30))
            }
            _ = first
            close(listener)
            let long = "/" + String(repeating: "x", count: 200)
            await #expect(throws: ClientError.self) { try await Client.connect(toPath: long) }
        }
    }

    /// What the server writes after one call, and what the client makes of it.
    static let answers: [(String, ClientError)] = [
        ("", .closed), ("{\"parameters\":{}", .closed),
        ("x\0", .protocolViolation("not JSON: unexpected character at byte 0")),
        ("[]\0", .protocolViolation("not an object")),
        ("{\"other\":1}\0", .protocolViolation("unknown member \"other\"")),
        ("{\"continues\":true}\0", .protocolViolation("more replies than asked for")),
        ("{\"continues\":1}\0", .protocolViolation("\"continues\" is no Boolean")),
        ("{\"error\":1}\0", .protocolViolation("error is no string")),
        ("{\"parameters\":[]}\0", .protocolViolation("parameters are no object")),
    ]

    @Test(arguments: answers)
    func distrustsTheServer(answer: String, error: ClientError) async throws {
        try await withTemporaryDirectory { directory in
            let listener = RawPeer.socket()
            #expect(RawPeer.bind(listener, "\(directory)/s") == 0 && listen(listener, 5) == 0)
            defer { close(listener) }
            let client = try await Client.connect(toPath: "\(directory)/s")
            let server = RawPeer(adopting: accept(listener, nil, nil))
            let calling = Task { try await client.call("a.b.C", ["x": 1]) }
            #expect(try await server.receive() == #"{"method":"a.b.C","parameters":{"x":1}}"#)
            try await server.send(Array(answer.utf8))
            server.finishSending()
            await #expect(throws: error) { try await calling.value }
        }
    }

    @Test func readsRepliesHoweverTheyAreSplit() async throws {
        try await withTemporaryDirectory { directory in
            let listener = RawPeer.socket()
            #expect(RawPeer.bind(listener, "\(directory)/s") == 0 && listen(listener, 5) == 0)
            defer { close(listener) }
            let client = try await Client.connect(toPath: "\(directory)/s")
            let server = RawPeer(adopting: accept(listener, nil, nil))
            let calling = Task { try await client.call("a.b.C", [:]) }
            #expect(try await server.receive() == #"{"method":"a.b.C"}"#)
            for byte in Array("{\"parameters\" : { \"x\" : 1, \"unknown\": 2 }, \"a.b\": {}}\0".utf8) {
                try await server.send([byte])
            }
            #expect(try await calling.value == ["x": 1, "unknown": 2])
            let streaming = Task {
                var numbers: [Int?] = []
                for try await reply in client.stream("a.b.D", NoParameters(), of: Number.self) {
                    numbers.append(reply.number)
                }
                return numbers
            }
            #expect(try await server.receive() == #"{"method":"a.b.D","more":true}"#)
            let replies = (0..<100).map { "{\"continues\":true,\"parameters\":{\"number\":\($0)}}\0" }
            try await server.send(Array((replies.joined() + "{\"parameters\":{\"number\":100}}\0").utf8))
            // What was sent before the end counts.
            server.disconnect()
            #expect(try await streaming.value == Array(0...100))
        }
    }
}

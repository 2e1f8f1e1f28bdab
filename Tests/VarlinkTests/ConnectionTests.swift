import Glibc
import Testing
import Varlink

/// Reading, ordering, limits and ends of connections, over real sockets.
struct ConnectionTests {
    private static func echo(_ text: String) -> String {
        "{\"method\":\"org.example.test.Echo\",\"parameters\":{\"text\":\"\(text)\"}}"
    }

    private static func echoed(_ text: String) -> String { "{\"parameters\":{\"text\":\"\(text)\"}}" }
    private static let hold = #"{"method":"org.example.test.Hold"}"#
    private static let watch = #"{"method":"org.example.test.Watch","more":true}"#

    @Test func readsByteByByte() async throws {
        try await TestService().run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            for byte in Array(Self.echo("ab€").utf8) + [0] { try await peer.send([byte]) }
            #expect(try await peer.receive() == Self.echoed("ab€"))
        }
    }

    @Test func keepsTheOrderOfPipelinedCalls() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            let count = 500
            let texts = (0..<count).map { Self.echo("\($0)") } + [Self.hold, Self.echo("z")]
            let calls = [UInt8](texts.map { $0 + "\0" }.joined().utf8)
            async let sending: Void = RawPeer(adopting: dup(peer.descriptor)).send(calls)
            for number in 0..<count { #expect(try await peer.receive() == Self.echoed("\(number)")) }
            try await sending
            await service.diary.wait(for: "hold begins")
            // The next call waits for the one under way.
            #expect(!service.diary.all.contains("z"))
            service.release.give()
            #expect(try await peer.receive() == "{}")
            #expect(try await peer.receive() == Self.echoed("z"))
        }
    }

    @Test func oneCallHoldsUpNobodyElse() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let slow = try RawPeer(connectingTo: path)
            try await slow.send(Self.hold)
            await service.diary.wait(for: "hold begins")
            let other = try RawPeer(connectingTo: path)
            try await other.send(Self.echo("a"))
            #expect(try await other.receive() == Self.echoed("a"))
            service.release.give()
            #expect(try await slow.receive() == "{}")
        }
    }

    /// What fills NIO's buffer to its last byte is told of together with the end that follows, and the answer to it finds
    /// nobody.
    @Test func outlivesACallThatEndsWithABufferAndItsConnection() async throws {
        try await TestService().run { path, _ in
            let frame = #"{"method":"org.example.nothing.A","parameters":{"text":""}}"#
            let text = String(repeating: "x", count: 2047 - frame.utf8.count)
            let call = Array(frame.replacing("\"\"", with: "\"\(text)\"").utf8) + [0]
            #expect(call.count == 2048)
            for _ in 0..<500 {
                let peer = try RawPeer(connectingTo: path)
                #expect(Glibc.send(peer.descriptor, call, call.count, Int32(MSG_NOSIGNAL)) == call.count)
            }
            let other = try RawPeer(connectingTo: path)
            try await other.send(Self.echo("a"))
            #expect(try await other.receive() == Self.echoed("a"))
        }
    }

    @Test func closesOnTooLongAMessage() async throws {
        var limits = Limits()
        limits.inboundMessageBytes = 1000
        try await TestService().run(limits) { path, _ in
            let frame = Self.echo("")
            let text = String(repeating: "x", count: 1000 - frame.utf8.count)
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(Self.echo(text))
            #expect(try await peer.receive() == Self.echoed(text))
            try await peer.send(Self.echo("y"), Self.echo(text + "x"))
            #expect(try await peer.receiveAll() == [Self.echoed("y")])
            // Its end need not come.
            let endless = try RawPeer(connectingTo: path)
            try await endless.send(Array(repeating: 0x20, count: 1001))
            #expect(try await endless.receiveAll() == [])
        }
    }

    @Test func readsOneMebibyte() async throws {
        try await TestService().run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            let text = String(repeating: "x", count: (1 << 20) - Self.echo("").utf8.count)
            async let reply = peer.receive()
            try await RawPeer(adopting: dup(peer.descriptor)).send(Self.echo(text))
            let received = try await reply
            #expect(received == Self.echoed(text))
            try await peer.send(Array(repeating: 0x20, count: (1 << 20) + 1))
            #expect(try await peer.receiveAll() == [])
        }
    }

    @Test func closesWhenAReplyIsTooLong() async throws {
        var limits = Limits()
        limits.outboundMessageBytes = 100
        try await TestService().run(limits) { path, _ in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(Self.echo("a"), Self.echo(String(repeating: "x", count: 100)))
            #expect(try await peer.receiveAll() == [Self.echoed("a")])
        }
    }

    @Test func throwsAwayWhatIsCutShort() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(Self.echo("a"))
            try await peer.send(Array(Self.echo("b").utf8))
            peer.finishSending()
            #expect(try await peer.receiveAll() == [Self.echoed("a")])
            #expect(service.diary.all == ["a"])
        }
    }

    @Test func closesWhenAMessageIsNeverFinished() async throws {
        var limits = Limits()
        limits.messageTime = .milliseconds(50)
        try await TestService().run(limits) { path, _ in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(Self.echo("a"))
            try await peer.send(Array("{\"meth".utf8))
            #expect(try await peer.receiveAll() == [Self.echoed("a")])
        }
    }

    @Test func answersAClientThatHasFinishedSending() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(Self.hold, Self.echo("a"), #"{"method":"org.example.test.Many","more":true}"#)
            peer.finishSending()
            await service.diary.wait(for: "hold begins")
            service.release.give()
            let many = [#"{"continues":true,"parameters":{"number":1}}"#, #"{"parameters":{"number":2}}"#]
            #expect(try await peer.receiveAll() == ["{}", Self.echoed("a")] + many)
        }
    }

    @Test func limitsConnectionsOfAUser() async throws {
        var limits = Limits()
        limits.connectionsPerUser = 3
        try await TestService().run(limits) { path, _ in
            var peers = try (0..<3).map { _ in try RawPeer(connectingTo: path) }
            for peer in peers {
                try await peer.send(Self.echo("a"))
                #expect(try await peer.receive() == Self.echoed("a"))
            }
            let refused = try RawPeer(connectingTo: path)
            #expect(try await refused.receiveAll() == [])
            // One that goes makes room for another.
            peers[0].finishSending()
            #expect(try await peers[0].receiveAll() == [])
            peers[0] = try RawPeer(connectingTo: path)
            try await peers[0].send(Self.echo("b"))
            #expect(try await peers[0].receive() == Self.echoed("b"))
        }
    }

    @Test func limitsConnections() async throws {
        var limits = Limits()
        limits.connections = 2
        try await TestService().run(limits) { path, _ in
            let peers = try (0..<2).map { _ in try RawPeer(connectingTo: path) }
            try await peers[1].send(Self.echo("a"))
            #expect(try await peers[1].receive() == Self.echoed("a"))
            #expect(try await RawPeer(connectingTo: path).receiveAll() == [])
        }
    }

    @Test func knowsItsPeer() async throws {
        try await withTemporaryDirectory { directory in
            let who = MethodHandler("org.example.test.Missing") { (_: NoParameters, call) in
                #expect(call.peer == PeerCredentials(pid: getpid(), uid: geteuid(), gid: getegid()))
                #expect(call.method == "org.example.test.Missing" && !call.more && !call.oneway)
                return NoParameters()
            }
            let server = try TestService().server(extra: [who])
            let listening = Signal()
            let running = Task {
                try await server.run(on: .path("\(directory)/s", mode: 0o600, group: nil)) { listening.give() }
            }
            try await listening.wait()
            let peer = try RawPeer(connectingTo: "\(directory)/s")
            try await peer.send(#"{"method":"org.example.test.Missing"}"#)
            #expect(try await peer.receive() == "{}")
            running.cancel()
            try await running.value
        }
    }

    @Test func dropsAClientThatDoesNotRead() async throws {
        var limits = Limits()
        limits.writeTime = .milliseconds(50)
        let service = TestService()
        try await service.run(limits) { path, _ in
            let lazy = try RawPeer(connectingTo: path)
            try await lazy.send(#"{"method":"org.example.test.Count","parameters":{"to":1000000000},"more":true}"#)
            // While it is, others are served.
            let other = try RawPeer(connectingTo: path)
            try await other.send(Self.echo("a"))
            #expect(try await other.receive() == Self.echoed("a"))
            var hangup = pollfd(fd: lazy.descriptor, events: 0, revents: 0)
            while hangup.revents & Int16(POLLHUP) == 0 {
                try #require(poll(&hangup, 1, 0) >= 0)
                try await other.send(Self.echo("b"))
                #expect(try await other.receive() == Self.echoed("b"))
            }
        }
    }

    @Test func cancelsAStreamWhenItsClientGoes() async throws {
        let service = TestService()
        try await service.run { path, _ in
            do {
                let peer = try RawPeer(connectingTo: path)
                try await peer.send(Self.watch, Self.echo("never"))
                #expect(try await peer.receive() == #"{"continues":true,"parameters":{"number":0}}"#)
                peer.disconnect()
            }
            await service.diary.wait(for: "watch cancelled")
        }
        #expect(service.diary.all == ["watch begins", "watch cancelled"])
    }

    @Test func cancelsAStreamWhenItsClientHadFinishedSending() async throws {
        let service = TestService()
        try await service.run { path, _ in
            do {
                let peer = try RawPeer(connectingTo: path)
                try await peer.send(Self.watch)
                peer.finishSending()
                #expect(try await peer.receive() == #"{"continues":true,"parameters":{"number":0}}"#)
                #expect(service.diary.all == ["watch begins"])
            }
            await service.diary.wait(for: "watch cancelled")
        }
    }

    @Test func answersAFloodOfWrongCalls() async throws {
        try await TestService().run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            let count = 10_000
            let calls = [UInt8](String(repeating: "{\"method\":\"a.B\"}\0", count: count).utf8)
            async let sending: Void = RawPeer(adopting: dup(peer.descriptor)).send(calls)
            let reply = #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a"}}"#
            for _ in 0..<count { try #require(try await peer.receive() == reply) }
            try await sending
        }
    }

    @Test func letsACallFinishThoughItsClientGoes() async throws {
        let service = TestService()
        try await service.run { path, _ in
            do {
                let peer = try RawPeer(connectingTo: path)
                try await peer.send(Self.hold)
                await service.diary.wait(for: "hold begins")
                peer.disconnect()
            }
            let other = try RawPeer(connectingTo: path)
            try await other.send(Self.echo("a"))
            #expect(try await other.receive() == Self.echoed("a"))
            service.release.give()
            await service.diary.wait(for: "hold ends")
        }
    }

    @Test func stopsGracefully() async throws {
        let service = TestService()
        try await service.run { path, stop in
            let idle = try RawPeer(connectingTo: path)
            try await idle.send(Self.echo("a"))
            #expect(try await idle.receive() == Self.echoed("a"))
            let watching = try RawPeer(connectingTo: path)
            try await watching.send(Self.watch)
            #expect(try await watching.receive() == #"{"continues":true,"parameters":{"number":0}}"#)
            let holding = try RawPeer(connectingTo: path)
            try await holding.send(Self.hold, Self.echo("not begun"))
            await service.diary.wait(for: "hold begins")
            stop()
            #expect(try await idle.receiveAll() == [])
            #expect(try await watching.receiveAll() == [])
            #expect(throws: RawPeer.Failure.self) { try RawPeer(connectingTo: path) }
            service.release.give()
            #expect(try await holding.receiveAll() == ["{}"])
        }
        #expect(service.diary.all.contains("hold ends") && service.diary.all.contains("watch cancelled"))
    }

    @Test func stopsThoughACallDoesNotEnd() async throws {
        var limits = Limits()
        limits.shutdownTime = .milliseconds(50)
        limits.lingerTime = .seconds(20)
        let service = TestService()
        try await service.run(limits) { path, stop in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(Self.hold)
            await service.diary.wait(for: "hold begins")
            stop()
            let reply = #"{"error":"org.example.test.Denied","parameters":{"reason":"CancellationError()"}}"#
            #expect(try await peer.receiveAll() == [reply])
        }
        #expect(service.diary.all.last == "hold cancelled")
    }
}

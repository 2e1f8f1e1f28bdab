import Control
import Glibc
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing
import Varlink

/// The control socket of a whole daemon: what it is, who gets through, what it withstands.
@Suite struct SocketTests {
    private static let status = #"{"method":"io.migrated.Control.GetStatus"}"#

    @Test(arguments: [("0660", mode_t(0o660)), ("0600", 0o600)])
    func hasModeAndGroupAsConfigured(_ text: String, _ mode: mode_t) async throws {
        var options = DaemonHarness.Options()
        let group: gid_t = geteuid() == 0 ? 12_345 : getegid()
        options.access = ["socket_mode = \"\(text)\"", "socket_group = \"\(group)\""]
        try await withDaemon(options) { harness, _ in
            var status = stat()
            #expect(stat(harness.socket, &status) == 0)
            #expect(status.st_mode & 0o7777 == mode)
            #expect(status.st_mode & S_IFMT == S_IFSOCK)
            #expect(status.st_gid == group)
            #expect(stat(harness.directory + "/run", &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o755)
        }
    }

    @Test func describesItself() async throws {
        try await withDaemon { harness, _ in
            struct Information: Codable, Sendable {
                var product: String
                var version: String
                var interfaces: [String]
            }
            struct Description: Codable, Sendable {
                var description: String
            }
            struct None: Codable, Sendable {}
            let client = try await Client.connect(toPath: harness.socket)
            let information: Information = try await client.call(
                "org.varlink.service.GetInfo", None(), returning: Information.self)
            #expect(information.product == "migrated")
            #expect(information.interfaces.sorted() == ["io.migrated.Control", "org.varlink.service"])
            let reply = try await client.call(
                "org.varlink.service.GetInterfaceDescription", ["interface": "io.migrated.Control"],
                returning: Description.self)
            let interface = try Interface(parsing: reply.description)
            #expect(Set(interface.methods.map(\.name)) == Set(ControlInterface.methods.map { $0.name }))
            client.close()
        }
    }

    @Test func withstandsHostileClients() async throws {
        try await withDaemon { harness, _ in
            let hostile: [(text: String, isWhole: Bool)] = [
                ("{\"method\":\"" + String(repeating: "x", count: 2 << 20), true), ("this is no JSON", true),
                ("[1]", true),
                ("{}", true), ("{\"method\":1}", true),
                (#"{"method":"io.migrated.Control.GetStatus","more":"yes"}"#, true),
                (#"{"method":"io.migrated.Control.GetStatus","unknown":1}"#, true), ("", true), ("\u{1}\u{2}", true),
                (String(repeating: "[", count: 100_000), true), (#"{"method":"io.migrated"#, false),
            ]
            var unfinished: [RawSocket] = []
            for (text, isWhole) in hostile {
                let peer = try RawSocket(harness.socket)
                await peer.send(text, isWhole: isWhole)
                // What is no call gets no answer but the end of the connection; what is never finished is kept waiting.
                if isWhole {
                    #expect(await peer.receive() == nil, "\(text.prefix(60))")
                } else {
                    unfinished.append(peer)
                }
            }
            let wrong = try RawSocket(harness.socket)
            await wrong.send(#"{"method":"io.migrated.Control.Upgrade","parameters":{"target":["head"]}}"#)
            #expect(await wrong.receive()?.contains("org.varlink.service.InvalidParameter") == true)
            await wrong.send(#"{"method":"io.migrated.Control.DropDatabase"}"#)
            #expect(await wrong.receive()?.contains("MethodNotFound") == true)
            await wrong.send(Self.status)
            #expect(await wrong.receive()?.contains("\"connection\"") == true)
            #expect(try harness.daemon.isRunning)
            #expect(unfinished.count == 1)
        }
    }

    @Test func idleClientsKeepNobodyElseOut() async throws {
        try await withDaemon { harness, _ in
            // More than one user may have: those beyond are sent away, and nobody waits for them.
            var idle: [RawSocket] = []
            for _ in 0..<100 { idle.append(try RawSocket(harness.socket)) }
            for peer in idle.suffix(60) { #expect(await peer.receive() == nil) }
            if geteuid() == 0 {
                chmod(harness.socket, 0o666)
                let answer = try await harness.control("status", user: 65_534)
                #expect(answer.status == 0, "\(answer)")
            } else {
                print("skipped: only root can be two users")
            }
            idle = []
            try await within(.seconds(60), "a place among the connections") {
                while true {
                    let peer = try RawSocket(harness.socket)
                    await peer.send(Self.status)
                    if await peer.receive() != nil { return }
                }
            }
            #expect(try await harness.control("status").status == 0)
        }
    }

    @Test func oneRequestFromTwoClientsIsOneJob() async throws {
        try await withChain(2) { harness, database in
            try await harness.awaitStatus("a connection") { $0.connection == .connected }
            let request = newRequestID()
            let jobs = try await withThrowingTaskGroup(of: JobID.self) { group in
                for _ in 0..<6 { group.addTask { try await harness.queue(requestID: request).id } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(jobs).count == 1)
            let again = try await harness.queue(requestID: request)
            #expect(try await harness.follow(again).state == .succeeded)
            #expect(try await harness.queue(requestID: request).id == again.id)
            let aftermath = try await Aftermath.of(database)
            aftermath.expect(["upgrade 001", "upgrade 002"], at: ["002"])
            #expect(aftermath.states == ["succeeded"])
        }
    }

    @Test func aReplyThatIsLostIsAskedForAgain() async throws {
        try await withChain(2) { harness, database in
            try await harness.awaitStatus("a connection") { $0.connection == .connected }
            let client = harness.client()
            _ = try await client.call(GetStatus.self, .init())
            // The daemon is ended with the call on its way, and comes back.
            try harness.daemon.signal(SIGSTOP)
            let request = MigrationRequest(target: "head", requestId: newRequestID())
            async let reply = client.call(Upgrade.self, request)
            try await Task.sleep(for: .milliseconds(100))
            try await harness.end(SIGKILL)
            try await harness.start()
            let job = try await reply.job
            #expect(try await harness.follow(job).state == .succeeded)
            let aftermath = try await Aftermath.of(database)
            aftermath.expect(["upgrade 001", "upgrade 002"], at: ["002"])
            #expect(aftermath.states.count == 1)
            client.close()
        }
    }

    @Test func aClientThatGoesAwayStopsNoJob() async throws {
        try await withChain(2, obstructed: 1) { harness, database in
            let upgrade = try await harness.startControl(["upgrade", "head"])
            try await Obstacle.awaitRevision(in: database)
            upgrade.signal(SIGKILL)
            try await upgrade.wait()
            try await Obstacle.remove(from: database)
            try await harness.awaitStatus("the head") { $0.current.map(\.rawValue) == ["002"] && $0.runningJob == nil }
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002"], at: ["002"])
        }
    }

    @Test func takesTheServiceManagersSocket() async throws {
        try await withDaemon(start: false) { harness, _ in
            let path = harness.directory + "/activated"
            let descriptor = try RawSocket.listening(on: path)
            defer { close(descriptor) }
            // A caller that comes before the daemon waits in the socket.
            let early = try RawSocket(path)
            await early.send(Self.status)
            try await harness.launch(
                environment: ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "varlink"], descriptors: [3: descriptor])
            try await harness.hear("READY")
            #expect(await early.receive()?.contains("\"connection\"") == true)
            #expect(access(harness.socket, F_OK) != 0, "it binds none of its own")
            let answer = try await harness.control("--socket", path, "status")
            #expect(answer.status == 0, "\(answer)")
            // The socket outlives the daemon: callers wait through a restart.
            try await harness.end()
            #expect(access(path, F_OK) == 0)
            let between = try RawSocket(path)
            await between.send(Self.status)
            try await harness.launch(
                environment: ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "varlink"], descriptors: [3: descriptor])
            #expect(await between.receive()?.contains("\"connection\"") == true)
        }
    }
}

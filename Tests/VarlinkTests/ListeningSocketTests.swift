import Glibc
import Testing
import Varlink

struct ListeningSocketTests {
    private static func listener(at path: String) -> Int32 {
        let descriptor = RawPeer.socket()
        #expect(RawPeer.bind(descriptor, path) == 0)
        return descriptor
    }

    private func ask(_ path: String) async throws {
        let client = try await Client.connect(toPath: path)
        let reply = try await client.call("org.example.test.Echo", Text(text: "a"), returning: Text.self)
        #expect(reply == Text(text: "a"))
    }

    private func expect(_ error: ListenError, on socket: ListeningSocket) async throws {
        let server = try TestService().server()
        await #expect(throws: error) { try await server.run(on: socket) }
    }

    @Test func setsModeAndGroupAndGoesWithoutATrace() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/own"
            try await TestService().run(socket: .path(path, mode: 0o660, group: getegid())) { _, _ in
                var status = stat()
                #expect(lstat(path, &status) == 0 && status.st_mode == S_IFSOCK | 0o660 && status.st_gid == getegid())
                try await ask(path)
            }
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test func replacesADeadSocket() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/own"
            let dead = Self.listener(at: path)
            #expect(listen(dead, 1) == 0)
            close(dead)
            try await TestService().run(socket: .path(path, mode: 0o600, group: nil)) { _, _ in try await ask(path) }
        }
    }

    @Test func leavesALiveSocketAlone() async throws {
        try await TestService().run { path, _ in
            try await expect(.alive(path: path), on: .path(path, mode: 0o600, group: nil))
            try await ask(path)
        }
    }

    @Test func leavesOtherFilesAlone() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/file"
            close(open(path, O_CREAT | O_WRONLY, 0o600))
            try await expect(.notASocket(path: path), on: .path(path, mode: 0o600, group: nil))
            #expect(access(path, F_OK) == 0)
            let long = directory + "/" + String(repeating: "x", count: 100)
            try await expect(.pathTooLong(path: long), on: .path(long, mode: 0o600, group: nil))
            let nowhere = "\(directory)/none/s"
            let missing = ListenError.failed(path: nowhere, reason: "no such file or directory")
            try await expect(missing, on: .path(nowhere, mode: 0o600, group: nil))
        }
    }

    @Test func doesNotUnlinkTheSocketOfAnother() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/own"
            try await TestService().run(socket: .path(path, mode: 0o600, group: nil)) { _, _ in
                unlink(path)
                close(Self.listener(at: path))
            }
            #expect(access(path, F_OK) == 0)
        }
    }

    @Test func adoptsADescriptor() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/activated"
            let descriptor = Self.listener(at: path)
            #expect(listen(descriptor, 10) == 0)
            // As systemd does, the test keeps the socket while the server comes and goes.
            for _ in 0..<2 {
                try await TestService().run(socket: .descriptor(dup(descriptor))) { _, _ in try await ask(path) }
                #expect(access(path, F_OK) == 0)
            }
            let early = try await Client.connect(toPath: path)
            let asking = Task { try await early.call("org.example.test.Echo", ["text": "waited"]) }
            try await TestService().run(socket: .descriptor(dup(descriptor))) { _, _ in
                let reply = try await asking.value
                #expect(reply == ["text": "waited"])
            }
            close(descriptor)
        }
    }

    @Test func adoptsNothingElse() async throws {
        let unix = RawPeer.socket()
        let internet = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        for descriptor in [unix, internet, 0, -1] {
            try await expect(.notListening(descriptor: descriptor), on: .descriptor(descriptor))
        }
        close(unix)
        close(internet)
    }
}

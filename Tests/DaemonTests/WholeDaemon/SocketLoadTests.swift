import Control
import Glibc
import TestSupport
import Testing

/// More clients than anybody needs, and slower ones: the daemon keeps nothing of them, and others are answered meanwhile.
@Suite struct SocketLoadTests {
    private static let status = #"{"method":"io.migrated.Control.GetStatus"}"#

    @Test func tenThousandConnectsInARow() async throws {
        try await withDaemon { harness, _ in
            let before = try harness.openDescriptors
            for number in 1...10_000 {
                let peer = try RawSocket(harness.socket)
                if number % 500 == 0 { try await harness.expectAnAnswer() }
                if number % 3 == 0 { await peer.send("{", isWhole: false) }
            }
            try await harness.awaitDescriptors(before)
            #expect(try await harness.control("status").status == 0)
        }
    }

    @Test func threeHundredAtOnce() async throws {
        try await withDaemon { harness, _ in
            let before = try harness.openDescriptors
            let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
                let peers = try (0..<300).map { _ in try RawSocket(harness.socket) }
                for peer in peers {
                    group.addTask {
                        await peer.send(Self.status)
                        return await peer.receive() != nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            // As many as one user may have; the others are sent away at once.
            #expect((1...32).contains(answered), "\(answered)")
            try await harness.awaitDescriptors(before)
            #expect(try await harness.control("status").status == 0)
        }
    }

    @Test func aCallThatComesByteByByte() async throws {
        try await withDaemon { harness, _ in
            let slow = try RawSocket(harness.socket)
            for (number, byte) in Self.status.enumerated() {
                await slow.send(String(byte), isWhole: false)
                if number % 10 == 0 { try await harness.expectAnAnswer() }
            }
            await slow.send("")
            #expect(await slow.receive()?.contains("\"connection\"") == true)
        }
    }

    /// Who asks and never reads is dropped as soon as the answers would have to be kept for it.
    @Test func aClientThatNeverReads() async throws {
        try await withDaemon { harness, _ in
            let before = try harness.openDescriptors
            let deaf = try RawSocket(harness.socket)
            let question = #"""
                {"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.migrated.Control"}}
                """#
            // Ends when the daemon has closed the connection: nobody reads, so that nothing else would end it.
            await deaf.send(String(repeating: question + "\0", count: 20_000), isWhole: false)
            try await harness.expectAnAnswer()
            try await harness.awaitDescriptors(before)
            let size = try TestFiles.read("/proc/\(harness.daemon.pid)/statm").split(separator: " ")[1]
            #expect((Int(size) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) < 300 << 20)
        }
    }

    @Test(arguments: ["garbage", "{\"method\":", "\u{1}", "{}", "[[[["])
    func garbageAfterAValidFrame(_ garbage: String) async throws {
        try await withDaemon { harness, _ in
            let peer = try RawSocket(harness.socket)
            await peer.send(Self.status + "\0" + garbage)
            #expect(await peer.receive()?.contains("\"connection\"") == true)
            #expect(await peer.receive() == nil)
            try await harness.expectAnAnswer()
        }
    }
}

extension DaemonHarness {
    /// How many files and connections the daemon has open.
    fileprivate var openDescriptors: Int {
        get throws { TestFiles.names(in: "/proc/\(try daemon.pid)/fd").count }
    }

    fileprivate func expectAnAnswer() async throws {
        let client = client()
        defer { client.close() }
        #expect(try await client.call(GetStatus.self, .init()).databases.count == 1)
    }

    /// Waits until the daemon has no more of them than before.
    fileprivate func awaitDescriptors(_ count: Int) async throws {
        try await within(.seconds(60), "the end of \(count) descriptors") {
            while try self.openDescriptors > count { try await Task.sleep(for: .milliseconds(20)) }
        }
    }
}

import Control
import FoundationEssentials
import Glibc
public import TestSupport

/// Clients of the real daemon that send anything but proper calls. It must neither end, nor keep what they left, nor
/// forget the others.
public struct SocketFuzz: Sendable {
    let tally: Tally

    /// Sends what is no call.
    public init(_ tally: Tally) { self.tally = tally }

    /// What a daemon may have grown by in the end: buffers, and what an allocator keeps.
    private static let growth = 100 << 20

    /// Sends messages until the time is up.
    public func run(until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator) async throws {
        let random = random.fork()
        try await withDaemon { harness, database in
            let stage = Stage(harness: harness, database: database, tally: tally)
            let daemon = try harness.daemon
            try await ask(stage)
            let before = Footprint(of: daemon.pid)
            await withCheckedContinuation { done in
                BlockingThread.start {
                    var random = random
                    repeat { self.visit(harness.socket, &random) } while ContinuousClock.now < deadline
                    done.resume()
                }
            }
            do {
                try await ask(stage)
                try await within(.seconds(30), "the daemon to close what its clients have left") {
                    while Footprint(of: daemon.pid).sockets > before.sockets {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
            } catch {
                tally.violated("hostile clients: \(error)")
            }
            let after = Footprint(of: daemon.pid)
            if after.bytes > before.bytes + Self.growth {
                tally.violated("hostile clients: the daemon has grown from \(before.bytes) to \(after.bytes) bytes")
            }
            let outcome = try await harness.end()
            if outcome.ending != .exit(0) {
                tally.violated(
                    "hostile clients: the daemon ended with \(outcome.status): \(outcome.errors.suffix(2000))")
            }
        }
    }

    private func ask(_ stage: Stage) async throws {
        _ = try await stage.persisting("a status among hostile clients") { try await $0.call(GetStatus.self, .init()) }
    }

    /// One client: some messages, the last of them perhaps not whole, and gone.
    private func visit(_ path: String, _ random: inout SeededGenerator) {
        guard let socket = try? UnixSocket.connected(to: path) else { return }
        defer { close(socket) }
        var taken = 0
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            var message = HostileMessage.make(&random)
            if !random.happens(onceIn: 10) { message.append(0) }
            // Nobody waits for a daemon that does not take it.
            let sent = send(socket, message, message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            guard sent == message.count else { break }
            taken += 1
            if random.happens(onceIn: 3) {
                var answer = [UInt8](repeating: 0, count: 4096)
                _ = recv(socket, &answer, answer.count, Int32(MSG_DONTWAIT))
            }
        }
        tally.did("hostile messages", taken)
        tally.struck("hostile client")
    }
}

/// What a process holds.
private struct Footprint {
    var sockets: Int
    var bytes: Int

    init(of pid: pid_t) {
        sockets = TestFiles.names(in: "/proc/\(pid)/fd").count { number in
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(number)")
            return link?.hasPrefix("socket:") == true
        }
        let pages = (try? TestFiles.read("/proc/\(pid)/statm"))?.split(separator: " ").dropFirst().first
        bytes = (pages.flatMap { Int($0) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

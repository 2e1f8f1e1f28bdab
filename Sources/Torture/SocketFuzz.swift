import Control
import FoundationEssentials
import Glibc
public import TestSupport

/// Clients of the real daemon that send anything but proper calls. It must neither end, nor keep what they left, nor
/// forget the others, one of whom asks for the status all the time.
public struct SocketFuzz: Sendable {
    let tally: Tally

    /// Sends what is no call.
    public init(_ tally: Tally) { self.tally = tally }

    /// What a daemon may have grown by in the end: buffers, and what an allocator keeps; and for each message, which is less
    /// than anything that would be kept of one. A sanitizer keeps what was freed for a while, and notes about all memory.
    private static func growth(after messages: Int) -> Int {
        (24 << 20 + messages * 64) * (Instrumentation.isOn ? 8 : 1)
    }

    /// How long a daemon may take to answer, or to close what its client has.
    private static let patience = Duration.seconds(10)

    /// Sends messages until the time is up.
    public func run(until deadline: ContinuousClock.Instant, _ random: inout SeededGenerator) async throws {
        let random = random.fork()
        try await withDaemon { harness, database in
            let stage = Stage(harness: harness, database: database, tally: tally)
            let daemon = try harness.daemon
            try await ask(stage)
            let before = Footprint(of: daemon.pid)
            do {
                try await beside(stage, until: deadline) {
                    await withCheckedContinuation { done in
                        BlockingThread.start {
                            var random = random
                            repeat { self.visit(harness.socket, &random) } while ContinuousClock.now < deadline
                            done.resume()
                        }
                    }
                }
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
            let messages = tally.work(Self.answered)
            tally.did("KiB that the daemon grew by among hostile clients", max(0, after.bytes - before.bytes) >> 10)
            if after.bytes > before.bytes + Self.growth(after: messages) {
                tally.violated(
                    "hostile clients: the daemon has grown from \(before.bytes) to \(after.bytes) bytes by \(messages)")
            }
            let outcome = try await harness.end()
            if outcome.ending != .exit(0) {
                tally.violated(
                    "hostile clients: the daemon ended with \(outcome.status): \(outcome.errors.suffix(2000))")
            }
        }
    }

    private static let answered = "hostile messages that were answered or ended"

    /// Somebody who asks for the status while the others do what they do, and must not be kept waiting.
    private func beside(
        _ stage: Stage, until deadline: ContinuousClock.Instant, _ body: @Sendable () async -> Void
    ) async throws {
        let bystander = Task {
            repeat {
                let start = ContinuousClock.now
                try await ask(stage)
                let time = ContinuousClock.now - start
                if time > Self.patience { tally.violated("hostile clients: a status came after \(time)") }
                tally.did("statuses among hostile clients")
                try await Task.sleep(for: .milliseconds(50))
            } while ContinuousClock.now < deadline
        }
        await body()
        try await bystander.value
    }

    private func ask(_ stage: Stage) async throws {
        _ = try await stage.persisting("a status among hostile clients") { try await $0.call(GetStatus.self, .init()) }
    }

    /// One client: some messages, the last of them perhaps not whole, and gone; or it says that it has said all, and waits
    /// until the daemon has as well.
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
        tally.struck("hostile client")
        guard random.happens(onceIn: 2) else { return }
        shutdown(socket, Int32(SHUT_WR))
        if Self.hasEnd(socket) {
            tally.did(Self.answered, taken)
        } else {
            tally.violated("hostile clients: neither an answer nor an end after \(Self.patience)")
        }
    }

    /// Reads until the other end is closed; false where it stays open and says nothing.
    private static func hasEnd(_ socket: Int32) -> Bool {
        var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        var answer = [UInt8](repeating: 0, count: 64 << 10)
        while poll(&polled, 1, Int32(patience.components.seconds) * 1000) > 0 {
            guard recv(socket, &answer, answer.count, Int32(MSG_DONTWAIT)) > 0 else { return true }
        }
        return false
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

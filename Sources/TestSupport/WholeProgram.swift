import Dispatch
public import Glibc

/// A program that runs as a process of its own, with what it writes. It ends with this process.
public final class WholeProgram: Sendable {
    /// How it ended.
    public enum Ending: Sendable, Hashable {
        /// By itself.
        case exit(Int32)
        /// By a signal.
        case signal(Int32)
    }

    /// What it wrote, and how it ended.
    public struct Outcome: Sendable, CustomStringConvertible {
        /// How it ended.
        public var ending: Ending
        /// Its standard output.
        public var output: String
        /// Its standard error.
        public var errors: String

        /// Its exit status, or 128 and the signal's number, as shells have it.
        public var status: Int32 {
            switch ending {
            case .exit(let status): status
            case .signal(let number): 128 + number
            }
        }

        /// Everything, for the message of a test that failed.
        public var description: String { "status \(status)\n\(output)\n-- errors:\n\(errors)" }
    }

    private struct State: Sendable {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var openStreams = 2
        var ending: Ending?
    }

    /// Its process.
    public let pid: pid_t
    private let bulletin = Bulletin(State())

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - user: As whom it runs: a number; as ourselves without one.
    ///   - descriptors: Further descriptors, by the child's numbers.
    public static func start(
        _ arguments: [String], workingDirectory: String, environment: [String: String] = [:], user: uid_t? = nil,
        descriptors: [Int32: Int32] = [:]
    ) async throws -> WholeProgram {
        var prefix = ["setpriv", "--pdeathsig", "KILL"]
        if let user { prefix += ["--reuid=\(user)", "--regid=\(user)", "--clear-groups"] }
        let words = prefix + ["--"] + arguments
        return try await SpawningThread.run { () -> Result<WholeProgram, TestClusterError> in
            guard let output = channel() else { return .failure(TestClusterError("cannot make a pipe")) }
            guard let errors = channel() else { return .failure(TestClusterError("cannot make a pipe")) }
            let request = SpawnRequest(
                arguments: words, workingDirectory: workingDirectory, environment: environment,
                descriptors: descriptors.merging([1: output[1], 2: errors[1]]) { own, _ in own })
            let result = request.spawn()
            close(output[1])
            close(errors[1])
            return result.map { WholeProgram(pid: $0, output: output[0], errors: errors[0]) }
        }.get()
    }

    private init(pid: pid_t, output: Int32, errors: Int32) {
        self.pid = pid
        Self.onThread { self.read(output) { $0.output += $1 } }
        Self.onThread { self.read(errors) { $0.errors += $1 } }
        Self.onThread { self.reap() }
    }

    /// What it has written to standard output so far.
    public var output: String { String(decoding: bulletin.state.output, as: UTF8.self) }
    /// What it has written to standard error so far.
    public var errors: String { String(decoding: bulletin.state.errors, as: UTF8.self) }
    /// Whether it has not ended yet.
    public var isRunning: Bool { bulletin.state.ending == nil }

    /// Sends a signal, unless it has ended: its number may be somebody else's then.
    public func signal(_ number: Int32) {
        bulletin.change { [pid] state in
            if state.ending == nil { _ = kill(pid, number) }
        }
    }

    /// Waits until it has ended, and nobody can write for it any more.
    @discardableResult
    public func wait(upTo limit: Duration = .seconds(60)) async throws -> Outcome {
        let bulletin = bulletin
        return try await within(limit, "the end of \(self.pid)\n\(self.errors.suffix(4000))") {
            try await bulletin.first { state in
                guard let ending = state.ending, state.openStreams == 0 else { return nil }
                return Outcome(
                    ending: ending, output: String(decoding: state.output, as: UTF8.self),
                    errors: String(decoding: state.errors, as: UTF8.self))
            }
        }
    }

    /// Waits until it has written a text, to standard output or standard error.
    public func wait(toWrite text: String, upTo limit: Duration = .seconds(60)) async throws {
        let bulletin = bulletin
        try await within(limit, "\"\(text)\" in\n\(self.output.suffix(4000))\n\(self.errors.suffix(4000))") {
            try await bulletin.first { state in
                for written in [state.output, state.errors] {
                    if String(decoding: written, as: UTF8.self).contains(text) { return true }
                }
                if state.ending != nil, state.openStreams == 0 {
                    throw TookTooLong(description: "it ended and never wrote \"\(text)\"")
                }
                return nil
            }
        }
    }

    private func read(_ descriptor: Int32, _ take: @Sendable @escaping (inout State, [UInt8]) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            let bytes = Array(buffer[..<count])
            bulletin.change { take(&$0, bytes) }
        }
        close(descriptor)
        bulletin.change { $0.openStreams -= 1 }
    }

    private func reap() {
        // First without collecting it: until `ending` is set, its number is its own.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        bulletin.change { [pid] state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            state.ending = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
        }
    }

    /// Threads of their own: what blocks must not use up the pool's.
    private static func onThread(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        precondition(status == 0, "no thread")
        pthread_detach(thread)
    }

    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

import Dispatch
import Glibc
import Synchronization

/// Starts programs from one thread that never ends: a parent-death signal fires when the *thread* that started the child
/// ends.
enum SpawningThread {
    private static let jobs = Mutex<[@Sendable () -> Void]>([])
    private static let available = DispatchSemaphore(value: 0)
    private static let start: Void = {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                while true {
                    SpawningThread.available.wait()
                    SpawningThread.jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }?()
                }
            }, nil)
    }()

    static func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        _ = start
        return await withCheckedContinuation { continuation in
            jobs.withLock { $0.append { continuation.resume(returning: body()) } }
            available.signal()
        }
    }
}

/// Two connected descriptors that no child program inherits: `pipe` can only be told afterwards, which is too late for a
/// child that another thread starts in between.
func channel() -> [Int32]? {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    return socketpair(AF_UNIX, kind, 0, &ends) == 0 ? ends : nil
}

/// A child program whose standard output and standard error are read line by line.
final class ChildProgram: Sendable {
    private struct State {
        var lines: [String] = []
        var exitStatus: Int32?
        var lineWaiters: [LineWaiter] = []
        var exitWaiters: [CheckedContinuation<Int32, Never>] = []
    }

    private struct LineWaiter {
        let text: String
        let continuation: CheckedContinuation<Bool, Never>
    }

    private static let linesKept = 500

    let pid: pid_t
    private let state = Mutex(State())

    /// Starts a program. Its standard input is this descriptor, which is closed here, or nothing.
    static func start(
        _ arguments: [String], workingDirectory: String, standardInput: Int32? = nil
    ) async throws(TestClusterError) -> ChildProgram {
        let result = await SpawningThread.run { () -> Result<ChildProgram, TestClusterError> in
            spawn(arguments, workingDirectory, standardInput)
        }
        return try result.get()
    }

    /// Runs a program to its end.
    static func run(_ arguments: [String], workingDirectory: String) async throws(TestClusterError) {
        let child = try await start(arguments, workingDirectory: workingDirectory)
        let status = await child.waitUntilExit()
        guard status == 0 else {
            throw TestClusterError("cannot run \(arguments): status \(status): \(child.lines.joined(separator: "; "))")
        }
    }

    private init(pid: pid_t, output: Int32) {
        self.pid = pid
        DispatchQueue(label: "TestSupport.child.\(pid)").async { self.readToTheEnd(output) }
    }

    /// The last lines that it wrote.
    var lines: [String] { state.withLock { $0.lines } }

    func signal(_ number: Int32) {
        state.withLock { state in
            // A number whose owner has been waited for may be somebody else's.
            if state.exitStatus == nil { _ = kill(pid, number) }
        }
    }

    /// Waits until it and those who share its output are gone.
    @discardableResult
    func waitUntilExit() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state -> Int32? in
                if state.exitStatus == nil { state.exitWaiters.append(continuation) }
                return state.exitStatus
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Waits for a line with this text from now on or in the past; false if the program ends before.
    func waitForLine(containing text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.lines.contains(where: { $0.contains(text) }) { return true }
                if state.exitStatus != nil { return false }
                state.lineWaiters.append(LineWaiter(text: text, continuation: continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func readToTheEnd(_ output: Int32) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            pending.append(contentsOf: buffer[..<count])
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                took(line: String(decoding: pending[..<end], as: UTF8.self))
                pending.removeSubrange(...end)
            }
        }
        close(output)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let (lineWaiters, exitWaiters) = state.withLock { state in
            state.exitStatus = status
            defer { (state.lineWaiters, state.exitWaiters) = ([], []) }
            return (state.lineWaiters, state.exitWaiters)
        }
        for waiter in lineWaiters { waiter.continuation.resume(returning: false) }
        for waiter in exitWaiters { waiter.resume(returning: status) }
    }

    private func took(line: String) {
        let waiters = state.withLock { state in
            state.lines.append(line)
            if state.lines.count > Self.linesKept { state.lines.removeFirst() }
            let ready = state.lineWaiters.filter { line.contains($0.text) }
            state.lineWaiters.removeAll { line.contains($0.text) }
            return ready
        }
        for waiter in waiters { waiter.continuation.resume(returning: true) }
    }

    private static func spawn(
        _ arguments: [String], _ workingDirectory: String, _ standardInput: Int32?
    ) -> Result<ChildProgram, TestClusterError> {
        guard let ends = channel() else { return .failure(TestClusterError("cannot make a pipe")) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let standardInput {
            posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // No signal is blocked or ignored, whatever this thread does.
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // A session of its own: the terminal's Ctrl-C is not for it.
        let words = ["/usr/bin/env", "-C", workingDirectory, "setsid"] + arguments
        let variables = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"]
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer {
            for text in argv + environment { free(text) }
        }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, words[0], &actions, &attributes, &argv, &environment)
        close(ends[1])
        if let standardInput { close(standardInput) }
        guard status == 0 else {
            close(ends[0])
            return .failure(TestClusterError("cannot start \(arguments[0]): \(String(cString: strerror(status)))"))
        }
        return .success(ChildProgram(pid: pid, output: ends[0]))
    }
}

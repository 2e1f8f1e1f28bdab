import Dispatch
import Glibc
import Synchronization

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
        let request = SpawnRequest(
            arguments: arguments, workingDirectory: workingDirectory,
            descriptors: [0: standardInput, 1: ends[1], 2: ends[1]].compactMapValues { $0 })
        let result = request.spawn()
        close(ends[1])
        if let standardInput { close(standardInput) }
        if case .failure = result { close(ends[0]) }
        return result.map { ChildProgram(pid: $0, output: ends[0]) }
    }
}

import Dispatch
import Glibc
import Synchronization

/// Listens where a service expects its service manager, and tells what it heard.
///
/// Give ``path`` to the service as `NOTIFY_SOCKET`, then await what it says; nothing that it said is lost.
public final class FakeServiceManager: Sendable {
    /// One message: its assignments in order.
    public struct Message: Sendable, Equatable, CustomStringConvertible {
        /// Names and values, in the order in which they came.
        public var assignments: [(name: String, value: String)]

        /// The last value of that name, or nil.
        public subscript(name: String) -> String? { assignments.last { $0.name == name }?.value }

        /// The message as it was sent.
        public var description: String { assignments.map { "\($0.name)=\($0.value)" }.joined(separator: "\n") }

        /// Whether both say the same in the same order.
        public static func == (one: Message, other: Message) -> Bool { one.description == other.description }
    }

    /// Why there is no such socket.
    public struct Failure: Error, CustomStringConvertible {
        /// What could not be done.
        public var description: String
    }

    /// The socket's path.
    public let path: String

    private struct State {
        var heard: [Message] = []
        var read = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())
    private let directory: String
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// Binds a socket in a new directory of its own.
    public init() throws {
        var template = Array("/tmp/notify-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "cannot make a directory: \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = directory + "/notify"
        let descriptor = try Self.bind(path)
        let queue = DispatchQueue(label: "fake-service-manager")
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setCancelHandler { @Sendable in close(descriptor) }
        source.setEventHandler { @Sendable [weak self] in self?.receive(descriptor) }
        source.activate()
    }

    deinit {
        source.cancel()
        unlink(path)
        rmdir(directory)
    }

    /// All messages up to now.
    public var messages: [Message] { state.withLock { $0.heard } }

    /// Waits for the next message (after those that this returned already) that fits; nil when the task is cancelled.
    public func next(where fits: (Message) -> Bool = { _ in true }) async -> Message? {
        while !Task.isCancelled {
            let message = state.withLock { state -> Message? in
                while state.read < state.heard.count {
                    defer { state.read += 1 }
                    if fits(state.heard[state.read]) { return state.heard[state.read] }
                }
                return nil
            }
            if let message { return message }
            await waitForMore()
        }
        return nil
    }

    /// Waits for the next message that assigns that name, and returns its value; nil when the task is cancelled.
    public func next(_ name: String) async -> String? { await next { $0[name] != nil }?[name] }

    private func waitForMore() async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.read < state.heard.count || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    private func receive(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return }
            let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
            let assignments = lines.map { line in
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
            }
            let waiters = state.withLock { state in
                state.heard.append(Message(assignments: assignments))
                defer { state.waiters = [:] }
                return Array(state.waiters.values)
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    private static func bind(_ path: String) throws -> Int32 {
        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, flags, 0)
        guard descriptor >= 0 else { throw Failure(description: "cannot make a socket: \(errno)") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw Failure(description: "the path is too long: \(path)") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure(description: "cannot bind \(path): \(errno)")
        }
        return descriptor
    }
}

import Dispatch
import Glibc
import Synchronization

/// A Unix socket in a directory of its own, under the name that libpq looks for.
final class ListeningSocket: Sendable {
    let directory: String
    let descriptor: Int32
    private var path: String { directory + "/.s.PGSQL.5432" }

    struct Failure: Error {}

    init() throws {
        var template = Array("/tmp/migrated-sock.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure() }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let bound = Self.withAddress(directory + "/.s.PGSQL.5432") { [descriptor] in bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 16) == 0 else { throw Failure() }
    }

    deinit {
        close(descriptor)
        unlink(path)
        rmdir(directory)
    }

    static func connect(to path: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let result = withAddress(path) { Glibc.connect(descriptor, $0, $1) }
        return result == 0 ? descriptor : -1
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}

/// Accepts clients and says nothing, or one thing.
final class SilentServer: Sendable {
    private let listener: ListeningSocket
    private let clients = AsyncStream<Void>.makeStream()
    var directory: String { listener.directory }

    init(greeting: String = "") throws {
        listener = try ListeningSocket()
        let (descriptor, arrivals) = (listener.descriptor, clients.continuation)
        DispatchQueue(label: "silent server").async {
            let client = accept(descriptor, nil, nil)
            arrivals.yield()
            _ = greeting.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            var buffer = [UInt8](repeating: 0, count: 1024)
            while read(client, &buffer, buffer.count) > 0 {}
            close(client)
        }
    }

    func waitForClient() async {
        for await _ in clients.stream { return }
    }
}

/// Stands between a client and a server, and can cut the line or swallow what the server says.
final class CuttableProxy: Sendable {
    private struct State {
        var sockets: [Int32] = []
        var swallowsAnswers = false
    }

    private let listener: ListeningSocket
    private let state = Mutex(State())
    private let swallowed = AsyncStream<Void>.makeStream()
    var directory: String { listener.directory }

    init(serverDirectory: String) throws {
        listener = try ListeningSocket()
        let path = serverDirectory + "/.s.PGSQL.5432"
        // One client: a connection that is cut makes no other.
        DispatchQueue(label: "proxy").async { [self, descriptor = listener.descriptor] in
            let client = accept(descriptor, nil, nil)
            let server = ListeningSocket.connect(to: path)
            state.withLock { $0.sockets += [client, server] }
            DispatchQueue(label: "proxy up").async { self.forward(client, server, isAnswer: false) }
            DispatchQueue(label: "proxy down").async { self.forward(server, client, isAnswer: true) }
        }
    }

    /// Ends both sides of every line.
    func cut() {
        for socket in state.withLock({ $0.sockets }) { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    /// From now on nothing that the server says arrives.
    func swallowAnswers() {
        state.withLock { $0.swallowsAnswers = true }
    }

    /// Waits until the server has said something that did not arrive.
    func waitUntilSwallowed() async {
        for await _ in swallowed.stream { return }
    }

    private func forward(_ source: Int32, _ sink: Int32, isAnswer: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if isAnswer, state.withLock({ $0.swallowsAnswers }) {
                swallowed.continuation.yield()
                continue
            }
            guard send(sink, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(sink, Int32(SHUT_RDWR))
    }
}

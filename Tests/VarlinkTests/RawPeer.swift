import Dispatch
import Glibc
import Synchronization
import Testing

/// A Unix socket that speaks bytes, for tests of what really goes over the wire. Nothing here blocks a thread that
/// Swift's tasks need.
final class RawPeer: Sendable {
    enum Failure: Error {
        case cannotConnect(Int32)
        case tookTooLong
        case broken(Int32)
    }

    let descriptor: Int32
    private let queue = DispatchQueue(label: "RawPeer")
    private let unread = Mutex<ArraySlice<UInt8>>([])

    init(connectingTo path: String) throws {
        descriptor = Self.socket()
        guard Self.connect(descriptor, path) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw Failure.cannotConnect(number)
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    init(adopting descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    static func socket() -> Int32 { Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }

    static func connect(_ descriptor: Int32, _ path: String) -> Int32 {
        withAddress(of: path) { Glibc.connect(descriptor, $0, $1) }
    }

    static func bind(_ descriptor: Int32, _ path: String) -> Int32 {
        withAddress(of: path) { Glibc.bind(descriptor, $0, $1) }
    }

    private static func withAddress(of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    /// Sends the bytes; those that the other end refuses to take are an error.
    func send(_ bytes: [UInt8]) async throws {
        try await onQueue { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure.broken(errno) }
                sent += count
            }
        }
    }

    /// Sends messages, each with its NUL.
    func send(_ messages: String...) async throws {
        try await send(messages.flatMap { Array($0.utf8) + [0] })
    }

    /// The next message, or nil at the end. A reset connection throws.
    func receive() async throws -> String? {
        try await onQueue { [self] in
            try unread.withLock { unread in
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    if let end = unread.firstIndex(of: 0) {
                        defer { unread.removeFirst(end + 1 - unread.startIndex) }
                        return String(decoding: unread[..<end], as: UTF8.self)
                    }
                    let count = recv(descriptor, &chunk, chunk.count, 0)
                    guard count >= 0 else { throw errno == EAGAIN ? Failure.tookTooLong : Failure.broken(errno) }
                    if count == 0 {
                        guard unread.isEmpty else { throw Failure.broken(0) }
                        return nil
                    }
                    unread.append(contentsOf: chunk[..<count])
                }
            }
        }
    }

    /// All messages up to the end.
    func receiveAll() async throws -> [String] {
        var messages: [String] = []
        while let message = try await receive() { messages.append(message) }
        return messages
    }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Goes away as a killed client would.
    func disconnect() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// A directory of a test's own, removed with all that is in it.
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/varlink-XXXXXX\0".utf8).map { CChar($0) }
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer {
        if let entries = opendir(path) {
            while let entry = readdir(entries) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink("\(path)/\(name)")
            }
            closedir(entries)
        }
        rmdir(path)
    }
    return try await body(path)
}

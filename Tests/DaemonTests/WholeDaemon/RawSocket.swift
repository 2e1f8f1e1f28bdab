import Dispatch
import Glibc
import Synchronization

/// A client that speaks bytes, as hostile as a test wants it.
final class RawSocket: Sendable {
    struct CannotConnect: Error {
        var number: Int32
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw socket")
    private let unread = Mutex<[UInt8]>([])

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        guard Self.withAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
            let number = errno
            close(descriptor)
            throw CannotConnect(number: number)
        }
    }

    deinit { close(descriptor) }

    /// A socket that listens on a path, as a service manager hands one over.
    static func listening(on path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 8) == 0 else {
            throw CannotConnect(number: errno)
        }
        return descriptor
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Sends bytes, as many as the other end takes.
    func send(_ text: String, isWhole: Bool = true) async {
        let bytes = Array(text.utf8) + (isWhole ? [0] : [])
        await withCheckedContinuation { continuation in
            queue.async { [descriptor] in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes {
                        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard count > 0 else { break }
                    rest = rest.dropFirst(count)
                }
                continuation.resume()
            }
        }
    }

    /// The next message; nil at the end of the connection.
    func receive() async -> String? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.next()) }
        }
    }

    private func next() -> String? {
        unread.withLock { unread in
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                if let end = unread.firstIndex(of: 0) {
                    defer { unread.removeSubrange(...end) }
                    return String(decoding: unread[..<end], as: UTF8.self)
                }
                let count = recv(descriptor, &chunk, chunk.count, 0)
                guard count > 0 else { return nil }
                unread += chunk[..<count]
            }
        }
    }
}

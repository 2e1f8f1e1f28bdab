import Glibc
import Synchronization

/// Where a server listens.
public enum ListeningSocket: Sendable, Equatable {
    /// A path that the server binds, with this mode and (if given) this group before anybody can connect. A socket
    /// that nobody listens on any more is replaced, one that is alive is not. Unlinked when the server ends.
    case path(String, mode: UInt16, group: UInt32?)
    /// A socket that is bound and listens already, as systemd hands it over. Never unlinked.
    case descriptor(Int32)
}

/// Why a server cannot listen.
public enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another server listens on this path.
    case alive(path: String)
    /// What is at this path is no socket.
    case notASocket(path: String)
    /// The path is longer than a socket's address can be.
    case pathTooLong(path: String)
    /// The descriptor is not a Unix stream socket that listens.
    case notListening(descriptor: Int32)
    /// The system refused.
    case failed(path: String, reason: String)
    /// The listening socket was lost while the server ran.
    case lost

    /// For people.
    public var description: String {
        switch self {
        case .alive(let path): "cannot listen on \"\(path)\": another server does"
        case .notASocket(let path): "cannot listen on \"\(path)\": there is a file that is no socket"
        case .pathTooLong(let path): "cannot listen on \"\(path)\": the path is too long for a socket"
        case .notListening(let descriptor): "cannot listen on descriptor \"\(descriptor)\": not a listening Unix socket"
        case .failed(let path, let reason): "cannot listen on \"\(path)\": \(reason)"
        case .lost: "cannot accept connections: the listening socket was closed"
        }
    }
}

// A Unix stream socket that listens, and the file that is its own.
final class BoundSocket: Sendable {
    private struct File {
        let path: String
        let device: dev_t
        let inode: ino_t
    }

    let descriptor: Int32
    private let file: Mutex<File?>
    private static let backlog: Int32 = 128

    convenience init(_ socket: ListeningSocket) throws(ListenError) {
        switch socket {
        case .descriptor(let descriptor): try self.init(adopting: descriptor)
        case .path(let path, let mode, let group): try self.init(path: path, mode: mode, group: group)
        }
    }

    private init(adopting descriptor: Int32) throws(ListenError) {
        func option(_ name: Int32) -> Int32? {
            var value: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
        }
        guard option(SO_DOMAIN) == AF_UNIX, option(SO_TYPE) == Int32(SOCK_STREAM.rawValue), option(SO_ACCEPTCONN) == 1
        else { throw .notListening(descriptor: descriptor) }
        self.descriptor = descriptor
        file = Mutex(nil)
    }

    // Nobody can connect before listen(), so mode and group are right from the first connection on.
    private init(path: String, mode: UInt16, group: UInt32?) throws(ListenError) {
        guard let address = UnixAddress(path: path) else { throw .pathTooLong(path: path) }
        let lock = DirectoryLock(of: path)
        defer { lock.release() }
        try Self.removeDead(path, address)
        descriptor = UnixAddress.socket()
        guard descriptor >= 0 else { throw .failed(path: path, reason: systemReason()) }
        var isBound = false
        do throws(ListenError) {
            guard address.bind(descriptor) == 0 else { throw ListenError.failed(path: path, reason: systemReason()) }
            isBound = true
            var status = stat()
            guard chown(path, uid_t.max, group ?? gid_t.max) == 0, chmod(path, mode_t(mode)) == 0,
                lstat(path, &status) == 0, listen(descriptor, Self.backlog) == 0
            else { throw ListenError.failed(path: path, reason: systemReason()) }
            file = Mutex(File(path: path, device: status.st_dev, inode: status.st_ino))
        } catch {
            Glibc.close(descriptor)
            if isBound { Glibc.unlink(path) }
            throw error
        }
    }

    private static func removeDead(_ path: String, _ address: UnixAddress) throws(ListenError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = UnixAddress.socket()
        guard probe >= 0 else { throw .failed(path: path, reason: systemReason()) }
        defer { Glibc.close(probe) }
        if address.connect(probe) == 0 || errno == EAGAIN { throw .alive(path: path) }
        guard errno == ECONNREFUSED else { throw .failed(path: path, reason: systemReason()) }
        Glibc.unlink(path)
    }

    // Removes the file, if it is still the one that was made here. Once only: the number of an inode that is gone is
    // given to the next one.
    func unlink() {
        file.withLock { own in
            guard let file = own else { return }
            own = nil
            var status = stat()
            guard lstat(file.path, &status) == 0, status.st_dev == file.device, status.st_ino == file.inode else {
                return
            }
            Glibc.unlink(file.path)
        }
    }
}

// Keeps two servers that start at one time from taking each other's new socket for a dead one. Anybody may hold such
// a lock for ever: it is waited for a moment only.
private struct DirectoryLock {
    private let descriptor: Int32

    init(of path: String) {
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var attempts = 50
        while descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, attempts > 0 {
            attempts -= 1
            usleep(10_000)
        }
    }

    func release() {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }
}

// The system's words for errno.
func systemReason(_ number: Int32 = errno) -> String {
    strerror(number).map { String(cString: $0).lowercased() } ?? "error \(number)"
}

// The address of a socket in the file system.
struct UnixAddress {
    private var address = sockaddr_un()

    init?(path: String) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0), bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return nil
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    static func socket() -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        return Glibc.socket(AF_UNIX, type, 0)
    }

    func bind(_ descriptor: Int32) -> Int32 { withPointer { Glibc.bind(descriptor, $0, $1) } }
    func connect(_ descriptor: Int32) -> Int32 { withPointer { Glibc.connect(descriptor, $0, $1) } }

    private func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

import Dispatch
import FoundationEssentials
import Glibc

/// A connected stream socket that lines of JSON go over.
final class LineSocket: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "migrated.lines")

    /// Takes over a socket that is connected.
    init(adopting descriptor: Int32) { self.descriptor = descriptor }

    /// Connects to a path.
    convenience init(path: String) throws(FileError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw FileError("connect to", path, reason: "the path is too long", code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FileError("connect to", path) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let error = FileError("connect to", path)
            close(descriptor)
            throw error
        }
        self.init(adopting: descriptor)
    }

    deinit { close(descriptor) }

    /// Who is at the other end, by the kernel's word.
    var peer: uid_t? {
        // struct ucred, which Glibc hides: pid, uid, gid.
        var credentials: (pid_t, uid_t, gid_t) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.1 : nil
    }

    /// Nothing is said or heard any more, on either side.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func send(_ value: some Encodable) -> Bool {
        guard var bytes = try? Array(JSONEncoder().encode(value)) else { return false }
        bytes.append(UInt8(ascii: "\n"))
        return bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Descriptor.retrying {
                    Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// The next line, or nil at the end, for what is no such value, and where the task was cancelled.
    func receive<Value: Decodable & Sendable>(_ type: Value.Type) async -> Value? {
        let received = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<[UInt8]?, Never>) in
                queue.async { [self] in continuation.resume(returning: line()) }
            }
        } onCancel: {
            hangUp()
        }
        return received.flatMap { try? JSONDecoder().decode(type, from: Data($0)) }
    }

    private func line() -> [UInt8]? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < ScratchTalk.longestLine {
            guard Descriptor.retrying({ read(descriptor, &byte, 1) }) == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        return nil
    }
}

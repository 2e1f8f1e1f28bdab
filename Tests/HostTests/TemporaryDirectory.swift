import Glibc
import Host

/// A directory for one test, removed with the value; anybody may pass through it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = try DirectoryTree.makeTemporary(in: "/tmp", prefix: "host-tests-")
        chmod(path, 0o755)
    }

    deinit { try? DirectoryTree.remove(path) }

    /// The path of a name in it.
    func callAsFunction(_ name: String) -> String { FilePaths.join(path, name) }

    /// Writes a file as others do: not atomically.
    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        let descriptor = open(self(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw FileError("write", self(name), code: errno) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw FileError("write", self(name), code: errno)
        }
    }
}

/// The permission bits of what is at `path`, or nil.
func mode(of path: String) -> UInt32? {
    var status = stat()
    return lstat(path, &status) == 0 ? UInt32(status.st_mode & 0o7777) : nil
}

/// Waits until the other ends of a pipe are all closed; false when that takes longer than some seconds.
func awaitEnd(of descriptor: Int32, seconds: Int32 = 20) -> Bool {
    var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&waited, 1, seconds * 1000) > 0 {
        var bytes = [UInt8](repeating: 0, count: 256)
        if read(descriptor, &bytes, bytes.count) <= 0 { return true }
    }
    return false
}

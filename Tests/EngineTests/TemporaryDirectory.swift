import Glibc
import Host

/// A directory for one test, removed with the value; anybody may pass through it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = try DirectoryTree.makeTemporary(in: "/tmp", prefix: "engine-tests-")
        chmod(path, 0o755)
    }

    deinit { try? DirectoryTree.remove(path) }

    /// The path of a name in it.
    func callAsFunction(_ name: String) -> String { FilePaths.join(path, name) }

    func make(_ name: String) throws { try DirectoryTree.make(self(name)) }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        try AtomicFile.write(self(name), text: text, mode: mode)
    }

    func remove(_ name: String) throws { try DirectoryTree.remove(self(name)) }

    func read(_ name: String) throws -> String {
        String(decoding: try TextFiles.readBytes(self(name)), as: UTF8.self)
    }
}

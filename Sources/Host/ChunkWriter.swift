import Glibc
import Liveness

/// Writes a new file from its beginning to its end, a chunk at a time. Nobody but us can read it.
public final class ChunkWriter {
    private let file: Descriptor
    private let path: String

    /// Makes the file at `path`, where nothing is yet.
    public init(_ path: String) throws(FileError) {
        file = try Descriptor(open: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, for: "write")
        self.path = path
    }

    /// Writes all of `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try Vigil.blocking { () throws(FileError) in try file.write(bytes, to: path) }
    }
}

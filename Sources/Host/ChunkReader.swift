import Glibc
import Liveness

/// Reads a file from its beginning, a chunk at a time. At the end of one that is still written it can go on later.
public final class ChunkReader {
    private let file: Descriptor
    private let path: String
    private let buffer: UnsafeMutableRawBufferPointer
    /// How many bytes were read.
    public private(set) var position: Int64 = 0

    /// Opens the file at `path`, to read so many bytes at once.
    public init(_ path: String, size: Int = 256 << 10) throws(FileError) {
        file = try Descriptor(open: path, O_RDONLY, for: "read")
        posix_fadvise(file.raw, 0, 0, POSIX_FADV_SEQUENTIAL)
        self.path = path
        buffer = .allocate(byteCount: size, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Gives the next bytes to `body`, within the call only, and returns how many there were; none at the end.
    public func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
        let count = Vigil.blocking { Descriptor.retrying { read(file.raw, buffer.baseAddress, buffer.count) } }
        guard count >= 0 else { throw FileError("read", path) }
        position += Int64(count)
        if count > 0 { try body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        return count
    }
}

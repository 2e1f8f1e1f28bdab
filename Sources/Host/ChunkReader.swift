import CLinux
import Glibc
import Liveness

/// Reads a file from its beginning, a chunk at a time. At the end of one that is still written it can go on later.
public final class ChunkReader {
    private let file: Descriptor
    private let path: String
    private let buffer: UnsafeMutableRawBufferPointer
    /// How many bytes were read.
    public private(set) var position: Int64 = 0
    /// Up to where what was read has been given back to the disk; nil where it is kept.
    private var released: Int64?

    /// So much is given back at once.
    private static let portion: Int64 = 4 << 20

    /// Opens the file at `path`, to read so many bytes at once.
    ///
    /// - Parameter consumes: Whether nobody needs again what was read: it is given back to the disk, where the file system can
    ///   do that, and mostly before it was written there at all.
    public init(_ path: String, size: Int = 256 << 10, consumes: Bool = false) throws(FileError) {
        file = try Descriptor(open: path, consumes ? O_RDWR : O_RDONLY, for: "read")
        posix_fadvise(file.raw, 0, 0, POSIX_FADV_SEQUENTIAL)
        self.path = path
        released = consumes ? 0 : nil
        buffer = .allocate(byteCount: size, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Gives the next bytes to `body`, within the call only, and returns how many there were; none at the end.
    public func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
        let count = Vigil.blocking { Descriptor.retrying { read(file.raw, buffer.baseAddress, buffer.count) } }
        guard count >= 0 else { throw FileError("read", path) }
        position += Int64(count)
        if count > 0 { try body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        release()
        return count
    }

    private func release() {
        guard let from = released, position - from >= Self.portion else { return }
        // Where it cannot be done, the file is as large for a while as it was written.
        _ = Vigil.blocking { linux_punch_hole(file.raw, Int(from), Int(position - from)) }
        released = position
    }
}

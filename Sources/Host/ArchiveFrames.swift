import Glibc

/// Looks whether the files of an archive are whole.
///
/// `pg_restore` reads zstd and lz4 files that were cut short, and uncompressed ones, without a word and with exit
/// status 0 (seen with 17.10; of gzip files it notices). So their frames are walked here: headers are read, contents are
/// skipped. That finds every cut, and costs next to nothing; changed contents are found by hashes only.
enum ArchiveFrames {
    /// Checks all files of the archive in `directory`.
    static func check(_ directory: String) throws(FileError) {
        for file in try DirectoryTree.files(in: directory) {
            if file.name.hasSuffix(".zst") {
                try walk(file.path, frame: zstandardFrame)
            } else if file.name.hasSuffix(".lz4") {
                try walk(file.path, frame: lz4Frame)
            } else if isTableData(file.name) {
                try checkEnd(file.path)
            }
        }
    }

    private static let cutShort = "it is cut short"
    private static let damaged = "it is damaged"

    /// A file of frames, of which only the headers are read.
    private struct Cursor: ~Copyable {
        let file: Descriptor
        let path: String
        let size: Int
        var offset = 0

        init(_ path: String) throws(FileError) {
            let opened = try Descriptor(open: path, O_RDONLY, for: "read")
            size = Int(try opened.status(of: path, for: "read").st_size)
            file = opened
            self.path = path
        }

        /// The next `count` bytes (eight at the most) as a number, the lowest byte first.
        mutating func number(_ count: Int) throws(FileError) -> UInt64 {
            guard offset + count <= size else { throw FileError("read", path, reason: ArchiveFrames.cutShort) }
            var number: UInt64 = 0
            guard pread(file.raw, &number, count, offset) == count else { throw FileError("read", path) }
            offset += count
            return UInt64(littleEndian: number)
        }

        mutating func skip(_ count: Int) throws(FileError) {
            guard offset + count <= size else { throw FileError("read", path, reason: ArchiveFrames.cutShort) }
            offset += count
        }

        func failure() -> FileError { FileError("read", path, reason: ArchiveFrames.damaged) }
    }

    private static func walk(
        _ path: String, frame: (UInt64, inout Cursor) throws(FileError) -> Void
    ) throws(FileError) {
        var cursor = try Cursor(path)
        repeat {
            let magic = try cursor.number(4)
            if magic & 0xFFFF_FFF0 == 0x184D_2A50 {
                // Both formats have frames that readers skip.
                try cursor.skip(Int(try cursor.number(4)))
            } else {
                try frame(magic, &cursor)
            }
        } while cursor.offset < cursor.size
    }

    /// RFC 8878, 3.1.1.
    private static func zstandardFrame(_ magic: UInt64, _ cursor: inout Cursor) throws(FileError) {
        guard magic == 0xFD2F_B528 else { throw cursor.failure() }
        let descriptor = try cursor.number(1)
        let isSingleSegment = descriptor & 0x20 != 0
        let dictionary = [0, 1, 2, 4][Int(descriptor & 3)]
        let contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        try cursor.skip((isSingleSegment ? 0 : 1) + dictionary + contentSize)
        while true {
            let header = try cursor.number(3)
            let kind = (header >> 1) & 3
            guard kind != 3 else { throw cursor.failure() }
            try cursor.skip(kind == 1 ? 1 : Int(header >> 3))
            if header & 1 != 0 { break }
        }
        if descriptor & 4 != 0 { try cursor.skip(4) }
    }

    /// LZ4's frame format, 1.6.
    private static func lz4Frame(_ magic: UInt64, _ cursor: inout Cursor) throws(FileError) {
        guard magic == 0x184D_2204 else { throw cursor.failure() }
        let flags = try cursor.number(1)
        guard flags >> 6 == 1 else { throw cursor.failure() }
        let (hasBlockSums, hasSize, hasSum) = (flags & 0x10 != 0, flags & 8 != 0, flags & 4 != 0)
        let hasDictionary = flags & 1 != 0
        try cursor.skip(1 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0) + 1)
        while true {
            let size = try cursor.number(4) & 0x7FFF_FFFF
            if size == 0 { break }
            try cursor.skip(Int(size) + (hasBlockSums ? 4 : 0))
        }
        if hasSum { try cursor.skip(4) }
    }

    /// Whether a name is that of a table's uncompressed data: a number, and ".dat".
    private static func isTableData(_ name: String) -> Bool {
        name.hasSuffix(".dat") && name.utf8.count > 4 && name.dropLast(4).allSatisfy { $0.isNumber }
    }

    /// A table's data ends as COPY's does.
    private static func checkEnd(_ path: String) throws(FileError) {
        let end = Array("\\.\n\n\n".utf8)
        var cursor = try Cursor(path)
        guard cursor.size >= end.count else { throw FileError("read", path, reason: cutShort) }
        cursor.offset = cursor.size - end.count
        for byte in end where try cursor.number(1) != UInt64(byte) {
            throw FileError("read", path, reason: cutShort)
        }
    }
}

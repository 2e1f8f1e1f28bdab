import Testing

@testable import Host

@Suite struct ArchiveFramesTests {
    /// Three raw blocks of ten bytes and a repeated one, with a checksum and the content's size.
    private static let zstandard: [UInt8] = {
        let block: [UInt8] = [80, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]
        var bytes: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x44, 0x58, 0, 0]
        for _ in 0..<3 { bytes += block }
        bytes += [0x53, 0, 0, 1, 9, 9, 9, 9]
        return bytes
    }()

    /// Two blocks with checksums, the end mark, and the content's checksum.
    private static let lz4: [UInt8] = {
        let block: [UInt8] = [5, 0, 0, 0x80, 1, 2, 3, 4, 5, 9, 9, 9, 9]
        var bytes: [UInt8] = [0x04, 0x22, 0x4D, 0x18, 0x54, 0x40, 0]
        for _ in 0..<2 { bytes += block }
        bytes += [0, 0, 0, 0, 9, 9, 9, 9]
        return bytes
    }()

    private static let plain = Array("1\n2\n\\.\n\n\n".utf8)

    @Test(arguments: [("zst", zstandard), ("lz4", lz4), ("dat", plain)])
    func findsEveryCut(suffix: String, whole: [UInt8]) throws {
        let directory = try TemporaryDirectory()
        let path = directory("3338" + (suffix == "dat" ? ".dat" : ".dat.\(suffix)"))
        for count in 0..<whole.count {
            try AtomicFile.write(path, Array(whole[..<count]))
            let error = #expect(throws: FileError.self, "cut to \(count)") { try ArchiveFrames.check(directory.path) }
            #expect(error?.reason == "it is cut short")
        }
        try AtomicFile.write(path, whole)
        try ArchiveFrames.check(directory.path)
        if suffix == "dat" { return }
        // Several frames follow each other, also such as readers skip.
        try AtomicFile.write(path, whole + [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 1] + whole)
        try ArchiveFrames.check(directory.path)
        try AtomicFile.write(path, whole + [1, 2, 3, 4])
        #expect(throws: FileError.self) { try ArchiveFrames.check(directory.path) }
    }

    @Test func leavesOtherFilesAlone() throws {
        let directory = try TemporaryDirectory()
        for name in ["toc.dat", "blob_16384.dat", "blobs.toc", "manifest.json", "3338.dat.gz"] {
            try AtomicFile.write(directory(name), [1])
        }
        try ArchiveFrames.check(directory.path)
    }
}

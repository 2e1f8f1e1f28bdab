import Glibc
import Gzip
import Host
import Testing

@testable import Engine

/// What is packed behind a dump.
@Suite struct DumpPackingTests {
    private static let end = "\\.\n\n\n"

    @Test func filesAreReplacedByPackedOnes() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("toc.dat", "PGDMP")
        try directory.write("blobs.toc", "7 blob_7.dat\n")
        try directory.write("blob_7.dat", "")
        try directory.write("3310.dat", "1\ta\n" + Self.end)
        let packing = DumpPacking(directory.path, jobs: 2)
        try await packing.advance()
        // Nobody knows when a large object is complete.
        #expect(try DirectoryTree.entries(of: directory.path) == ["3310.dat.gz", "blob_7.dat", "blobs.toc", "toc.dat"])
        try await packing.finish()
        #expect(
            try DirectoryTree.entries(of: directory.path) == ["3310.dat.gz", "blob_7.dat.gz", "blobs.toc", "toc.dat"])
        #expect(try unpacked(directory("3310.dat.gz")) == "1\ta\n" + Self.end)
        #expect(try unpacked(directory("blob_7.dat.gz")) == "")
    }

    /// A row whose text is `\.`, and two empty ones behind it, look like the end but for the second backslash.
    @Test(arguments: ["", "a\n", "\\\\.\n\n\n", "x\\\\.\n\n\n", "\n\n\n"])
    func whatIsStillWrittenIsFollowed(rows: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("toc.dat", "PGDMP")
        let packing = DumpPacking(directory.path, jobs: 1)
        var written = ""
        for part in [rows, "b\n", Self.end] {
            written += part
            try append(part, to: directory("1.dat"))
            try await packing.advance()
            #expect(try DirectoryTree.entries(of: directory.path).contains("1.dat") == (part != Self.end))
        }
        try await packing.finish()
        #expect(try unpacked(directory("1.dat.gz")) == written)
    }

    /// A table that is larger than the disk's free space when it is not packed, can still be backed up.
    @Test func whatIsPackedIsGivenBackToTheDisk() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("toc.dat", "PGDMP")
        let part = String(repeating: String(repeating: "abcdefg\n", count: 128), count: 8 << 10)
        let packing = DumpPacking(directory.path, jobs: 1)
        for _ in 0..<3 {
            try append(part, to: directory("1.dat"))
            try await packing.advance()
        }
        var status = stat()
        #expect(stat(directory("1.dat"), &status) == 0)
        #expect(Int(status.st_size) == 3 * part.utf8.count)
        #expect(status.st_blocks * 512 < status.st_size / 3, "\(status.st_blocks * 512) bytes are still on the disk")
        try append(Self.end, to: directory("1.dat"))
        try await packing.finish()
        #expect(try unpacked(directory("1.dat.gz")).utf8.count == 3 * part.utf8.count + Self.end.utf8.count)
    }

    @Test func whatCannotBeWrittenIsSaid() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("1.dat", Self.end)
        try directory.write("1.dat.gz", "in the way")
        let error = await #expect(throws: FileError.self) { try await DumpPacking(directory.path, jobs: 1).advance() }
        #expect(error?.alreadyExists == true)
    }

    private func append(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(file) }
        let bytes = Array(text.utf8)
        #expect(write(file, bytes, bytes.count) == bytes.count)
    }

    private func unpacked(_ path: String) throws -> String {
        let decoder = GzipDecoder()
        var text: [UInt8] = []
        try TextFiles.readBytes(path).withUnsafeBytes { all in try decoder.decode(all) { text += $0 } }
        #expect(decoder.isComplete)
        return String(decoding: text, as: UTF8.self)
    }
}

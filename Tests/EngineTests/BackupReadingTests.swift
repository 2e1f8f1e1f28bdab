import FoundationEssentials
import Host
import Testing

@testable import Engine

/// What is read back of a dump.
@Suite struct BackupReadingTests {
    /// Two rows as COPY writes them, packed.
    private static let rows = "H4sIAAAAAAACAzPkTOQy4kziitHj4uICANhi08YNAAAA"
    /// The same without the line that ends them.
    private static let endless = "H4sIAAAAAAACAzPkTOQy4kziAgCZ5ijSCAAAAA=="
    private static let contents = [
        ";", "; Selected TOC Entries:", "210; 1259 16384 TABLE public t owner",
        "211; 1259 16385 TABLE DATA users owner",
        "3310; 0 16384 TABLE DATA my schema t owner",
    ]
    private static let names: [UInt32: BackupSource.TableName] = [16384: .init(schema: "my schema", name: "t")]

    @Test func rowsAreCountedByTheTable() async throws {
        let directory = try Self.dump(Self.rows)
        let files = try await Self.read(directory)
        let tables = try files.tables(in: directory.path, contents: Self.contents, names: Self.names)
        #expect(tables == [.init(schema: "my schema", name: "t", rows: 2, file: "3310.dat.gz")])
        #expect(files.map(\.hashed.path) == ["3310.dat.gz", "blob_7.dat.gz", "blobs.toc"])
    }

    @Test func whatIsCutShortIsNotRead() async throws {
        let whole = Array(try #require(Data(base64Encoded: Self.rows)))
        for length in [0, 12, whole.count - 1] {
            let directory = try Self.dump(Self.rows)
            try AtomicFile.write(directory("3310.dat.gz"), Array(whole.prefix(length)))
            let error = await #expect(throws: FileError.self) { try await Self.read(directory) }
            #expect(error?.reason == "it is cut short")
        }
        let error = await #expect(throws: FileError.self) { try await Self.read(try Self.dump(Self.endless)) }
        #expect(error?.reason == "it is cut short")
    }

    @Test func whatHasChangedIsNotRead() async throws {
        let directory = try Self.dump(Self.rows)
        var bytes = try TextFiles.readBytes(directory("blob_7.dat.gz"))
        bytes[bytes.count - 6] ^= 1
        try AtomicFile.write(directory("blob_7.dat.gz"), bytes)
        let error = await #expect(throws: FileError.self) { try await Self.read(directory) }
        #expect(error?.reason == "it is damaged")
    }

    /// A file whose end had come while the dump was followed, and that somebody writes to again.
    @Test func whatGrowsAfterItsEndIsNotTaken() async throws {
        let directory = try TemporaryDirectory()
        let bytes = Array(try #require(Data(base64Encoded: Self.rows)))
        try DirectoryTree.make(directory("dump"))
        try AtomicFile.write(directory("dump/3310.dat.gz"), bytes)
        let reading = BackupReading(directory.path, jobs: 1, unpacks: true)
        try await reading.advance(in: "dump")
        try AtomicFile.write(directory("dump/3310.dat.gz"), bytes + [0])
        let error = await #expect(throws: FileError.self) { try await reading.files() }
        #expect(error?.reason == "it has changed meanwhile")
    }

    @Test(arguments: ["3310.dat.gz", "blob_7.dat.gz"])
    func whatIsMissingIsNamed(file: String) async throws {
        let directory = try Self.dump(Self.rows)
        try directory.remove(file)
        let files = try await Self.read(directory)
        let error = #expect(throws: FileError.self) {
            try files.tables(in: directory.path, contents: Self.contents, names: Self.names)
        }
        #expect(error?.path == directory(file) && error?.reason == "it is missing")
    }

    /// What the last look finds is not lost because there is none after it.
    @Test func whatIsFoundAsTheDumpEndsIsTold() async {
        struct Found: Error {}
        let (begun, ended) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
        await #expect(throws: Found.self) {
            try await DumpBackup.looking(every: .seconds(60)) {
                begun.continuation.finish()
                for await _ in ended.stream {}
                // By now it is cancelled, as whoever looks too late is.
                throw Found()
            } while: {
                for await _ in begun.stream {}
                ended.continuation.finish()
            }
        }
    }

    private static func dump(_ table: String) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try AtomicFile.write(directory("3310.dat.gz"), Array(try #require(Data(base64Encoded: table))))
        try AtomicFile.write(directory("blob_7.dat.gz"), Array(try #require(Data(base64Encoded: endless))))
        try directory.write("blobs.toc", "7 blob_7.dat\n")
        return directory
    }

    private static func read(_ directory: TemporaryDirectory) async throws -> [BackupReading.File] {
        try await BackupReading(directory.path, jobs: 2, unpacks: true).files()
    }
}

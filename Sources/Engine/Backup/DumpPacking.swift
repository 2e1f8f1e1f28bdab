import Gzip
import Host
import Liveness

/// Packs what a dump has written unpacked, while it still writes: the file of each table and of each large object becomes a
/// gzip file beside it, named as pg_dump itself names it, and is removed.
///
/// The zlib that pg_dump packs with takes most of the time of a dump; without it, a dump that is packed, unpacked again and
/// hashed by us is quicker than a bare one. That an archive's files may be packed by others is in PostgreSQL's manual
/// ("pg_dump", `--format=directory`).
actor DumpPacking {
    private let archive: String
    private let jobs: Int
    /// What was begun, by the files' names.
    private var begun: [String: FilePacking] = [:]

    /// - Parameters:
    ///   - archive: The directory that pg_dump writes.
    ///   - jobs: How many files are packed at once.
    init(_ archive: String, jobs: Int) {
        (self.archive, self.jobs) = (archive, max(1, jobs))
    }

    /// Packs what is there by now. Of large objects nobody knows when they are complete, and they are left.
    ///
    /// - Throws: `FileError`; `CancellationError`.
    func advance() async throws {
        let names = names { $0.first?.isNumber == true }
        _ = try await names.concurrently(jobs) { try await self.file($0).advance() }
    }

    /// Packs the rest: the dump is complete.
    ///
    /// - Throws: `FileError`; `CancellationError`.
    func finish() async throws {
        _ = try await names { _ in true }.concurrently(jobs) { name in
            try await self.file(name).finish()
            await self.forget(name)
        }
        try PostgresTools.noteGzip(in: archive)
    }

    /// The files that are still to be packed, of those whose names are wanted. The archive need not be there yet.
    private func names(_ isWanted: (String) -> Bool) -> [String] {
        let names = (try? DirectoryTree.entries(of: archive)) ?? []
        return names.filter { $0.hasSuffix(".dat") && $0 != "toc.dat" && isWanted($0) }
    }

    private func file(_ name: String) -> FilePacking {
        if let found = begun[name] { return found }
        let file = FilePacking(FilePaths.join(archive, name))
        begun[name] = file
        return file
    }

    /// There may be hundreds of thousands of large objects.
    private func forget(_ name: String) { begun[name] = nil }
}

/// A file that is packed as far as it was written.
private actor FilePacking {
    /// A disk that is busy makes who writes wait.
    private let executor = QueueExecutor(label: "Engine.packing")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let path: String
    private var work: (reader: ChunkReader, encoder: GzipEncoder, writer: ChunkWriter)?
    private var data = TableData()
    private var isComplete = false

    init(_ path: String) {
        self.path = path
    }

    /// Packs what is there.
    func advance() async throws {
        guard !isComplete else { return }
        let work = try work ?? begin()
        while !Task.isCancelled, try work.reader.next({ try take($0, work.encoder, work.writer) }) > 0 {
            await Task.yield()
        }
        if data.isComplete { try conclude() }
    }

    /// Packs the rest of it.
    func finish() async throws {
        try await advance()
        try Task.checkCancellation()
        if !isComplete { try conclude() }
    }

    private func begin() throws -> (ChunkReader, GzipEncoder, ChunkWriter) {
        let begun = (
            reader: try ChunkReader(path, consumes: true), encoder: GzipEncoder(),
            writer: try ChunkWriter(path + FileReading.suffix)
        )
        work = begun
        return begun
    }

    private func take(_ chunk: UnsafeRawBufferPointer, _ encoder: GzipEncoder, _ writer: ChunkWriter) throws {
        data.take(chunk)
        try encoder.encode(chunk) { try writer.write($0) }
    }

    private func conclude() throws {
        if let work { try work.encoder.finish { try work.writer.write($0) } }
        (work, isComplete) = (nil, true)
        try DirectoryTree.remove(path)
    }
}

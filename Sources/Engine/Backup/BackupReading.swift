import Digest
import Glibc
import Gzip
import Host
import Liveness

/// One look at every byte of a backup: each file is hashed, and in the same pass unpacked where gzip has packed it. It can
/// be begun while a dump is still written.
actor BackupReading {
    /// A file as it was read.
    struct File: Sendable {
        var hashed: BackupManifest.File
        /// The rows that it has, where it is a table's data and was unpacked.
        var rows: Int64?
    }

    private let directory: String
    private let jobs: Int
    private let unpacks: Bool
    /// What was begun, by the paths inside the backup.
    private var begun: [String: FileReading] = [:]
    /// Those whose end has come.
    private var complete: Set<String> = []

    /// - Parameters:
    ///   - jobs: How many files are read at once.
    ///   - unpacks: Whether what gzip has packed is unpacked.
    init(_ directory: String, jobs: Int, unpacks: Bool) {
        (self.directory, self.jobs, self.unpacks) = (directory, max(1, jobs), unpacks)
    }

    /// Reads what is packed into a subdirectory by now. Of other files nobody knows when they are complete.
    ///
    /// - Throws: `FileError` for what cannot be unpacked; `CancellationError`.
    func advance(in subdirectory: String) async throws {
        // It need not be there yet.
        let names = (try? DirectoryTree.entries(of: FilePaths.join(directory, subdirectory))) ?? []
        let wanted = names.filter { $0.hasSuffix(FileReading.suffix) }.map { FilePaths.join(subdirectory, $0) }
            .filter { !complete.contains($0) }
        let ends = try await wanted.map(reading).concurrently(jobs) { try await $0.advance() }
        for (name, isComplete) in zip(wanted, ends) where isComplete { complete.insert(name) }
    }

    /// Reads what is left to read of all files, which are complete; sorted by their paths inside the backup.
    ///
    /// - Throws: `FileError` for what cannot be read or unpacked, and for what has grown since it was read.
    func files() async throws -> [File] {
        // The longest first, so that in the end nobody waits for one that was begun last.
        let all = try DirectoryTree.files(in: directory).sorted { $0.size > $1.size }
        let files = try await all.concurrently(jobs) { try await self.finish($0.name) }
        for (file, found) in zip(files, all) where file.hashed.size != found.size {
            throw FileError("read", found.path, reason: "it has changed meanwhile")
        }
        return files.sorted { $0.hashed.path.utf8.lexicographicallyPrecedes($1.hashed.path.utf8) }
    }

    private func finish(_ name: String) async throws -> File {
        let file = begun.removeValue(forKey: name) ?? FileReading(name, in: directory, unpacks: unpacks)
        return try await file.finish()
    }

    private func reading(_ name: String) -> FileReading {
        if let found = begun[name] { return found }
        let file = FileReading(name, in: directory, unpacks: unpacks)
        begun[name] = file
        return file
    }
}

/// A file that is read as far as it was written.
actor FileReading {
    /// How a packed file's name ends.
    static let suffix = ".gz"

    /// A disk that is busy makes who reads wait.
    private let executor = QueueExecutor(label: "Engine.reading")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let name: String
    private let path: String
    private let unpacks: Bool
    private var reader: ChunkReader?
    private var hasher = SHA256Hasher()
    private var decoder: GzipDecoder?
    private var data = TableData()
    private var result: BackupReading.File?

    init(_ name: String, in directory: String, unpacks: Bool) {
        (self.name, path) = (name, FilePaths.join(directory, name))
        self.unpacks = unpacks && name.hasSuffix(Self.suffix)
    }

    /// Reads what is there. Returns whether the end is known to have come.
    @discardableResult
    func advance() async throws -> Bool {
        guard result == nil else { return true }
        let reader = try self.reader ?? ChunkReader(path)
        if self.reader == nil, unpacks { decoder = GzipDecoder() }
        self.reader = reader
        do {
            while !Task.isCancelled, try reader.next({ try take($0) }) > 0 { await Task.yield() }
        } catch is GzipError {
            throw FileError("read", path, reason: "it is damaged")
        }
        // What gzip packs says itself where it ends.
        if decoder?.isComplete == true { _ = try conclude() }
        return result != nil
    }

    /// Reads the rest of it.
    func finish() async throws -> BackupReading.File {
        if let result { return result }
        try await advance()
        try Task.checkCancellation()
        return try result ?? conclude()
    }

    private func take(_ chunk: UnsafeRawBufferPointer) throws {
        hasher.update(chunk)
        try decoder?.decode(chunk) { data.take($0) }
    }

    /// Gives back what reading took.
    private func conclude() throws -> BackupReading.File {
        let isTable = unpacks && FilePaths.split(name).name.first?.isNumber == true
        guard decoder?.isComplete != false, !isTable || data.isComplete else {
            throw FileError("read", path, reason: "it is cut short")
        }
        let hashed = BackupManifest.File(path: name, size: reader?.position ?? 0, sha256: hasher.finalize())
        let file = BackupReading.File(hashed: hashed, rows: isTable ? data.rows : nil)
        (reader, decoder, result) = (nil, nil, file)
        return file
    }
}

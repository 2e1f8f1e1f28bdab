import Digest
import Glibc
import Gzip
import Host

/// One look at every byte of a backup: each file is hashed, and in the same pass unpacked where gzip has packed it.
struct BackupReading: Sendable {
    /// A file as it was read.
    struct File: Sendable {
        var hashed: BackupManifest.File
        /// The rows that it has, where it is a table's data and was unpacked.
        var rows: Int64?
    }

    let directory: String
    /// How many files are read at once.
    let jobs: Int
    /// Whether what gzip has packed is unpacked.
    let unpacks: Bool

    /// All files, by their paths inside the backup.
    ///
    /// - Throws: `FileError` for what cannot be read or unpacked.
    func files() async throws -> [File] {
        // The longest first, so that in the end nobody waits for one that was begun last.
        var waiting = try DirectoryTree.files(in: directory).sorted { $0.size > $1.size }[...]
        return try await withThrowingTaskGroup(of: File.self) { group in
            for file in waiting.prefix(max(1, jobs)) { group.addTask { try await read(file) } }
            waiting = waiting.dropFirst(max(1, jobs))
            var done: [File] = []
            while let file = try await group.next() {
                done.append(file)
                if let next = waiting.popFirst() { group.addTask { try await read(next) } }
            }
            return done.sorted { $0.hashed.path.utf8.lexicographicallyPrecedes($1.hashed.path.utf8) }
        }
    }

    private func read(_ file: DirectoryTree.File) async throws -> File {
        var hasher = SHA256Hasher()
        var rows: Int64?
        if unpacks, file.name.hasSuffix(".gz") {
            rows = try await unpack(file) { hasher.update($0) }
        } else {
            try await TextFiles.forEachChunk(of: file.path) { hasher.update($0) }
        }
        return File(
            hashed: BackupManifest.File(path: file.name, size: file.size, sha256: hasher.finalize()), rows: rows)
    }

    /// - Returns: The rows, where it is a table's data.
    private func unpack(_ file: DirectoryTree.File, _ body: (UnsafeRawBufferPointer) -> Void) async throws -> Int64? {
        var decoder = GzipDecoder()
        var data = TableData()
        do {
            try await TextFiles.forEachChunk(of: file.path) { chunk in
                body(chunk)
                try decoder.decode(chunk) { data.take($0) }
            }
        } catch is GzipError {
            throw FileError("read", file.path, reason: "it is damaged")
        }
        let isTable = FilePaths.split(file.name).name.first?.isNumber == true
        guard decoder.isComplete, !isTable || data.isComplete else {
            throw FileError("read", file.path, reason: "it is cut short")
        }
        return isTable ? data.rows : nil
    }
}

/// The rows of a table as COPY writes them, in pieces: a line each, then a line that ends them and two that are empty.
struct TableData {
    private var lines: Int64 = 0
    private var end: [UInt8] = []
    private static let last = Array("\\.\n\n\n".utf8)

    var rows: Int64 { lines - 3 }
    var isComplete: Bool { end == Self.last }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let start = rest.baseAddress, let found = memchr(start, 10, rest.count) {
            lines += 1
            rest = UnsafeRawBufferPointer(rebasing: rest[(start.distance(to: UnsafeRawPointer(found)) + 1)...])
        }
        end += bytes[max(0, bytes.count - Self.last.count)...]
        end.removeFirst(max(0, end.count - Self.last.count))
    }
}

extension BackupManifest.Table {
    /// What one of PostgreSQL's own programs has decoded.
    init(counted: PostgresTools.RowCount) {
        self.init(schema: counted.schema, name: counted.table, rows: counted.rows)
    }
}

extension [BackupReading.File] {
    /// The rows of each table, from what an archive's list of contents says of its files.
    ///
    /// - Parameters:
    ///   - contents: The list: the numbers of an entry and of its table stand at a line's beginning.
    ///   - names: The tables' names by their numbers; within the list nothing tells where a name ends.
    /// - Throws: `FileError` where the file of a table or of a large object is not there.
    func tables(in archive: String, contents: [String], names: [UInt32: BackupSource.TableName]) throws
        -> [BackupManifest.Table]
    {
        let found = Dictionary(map { (FilePaths.split($0.hashed.path).name, $0) }) { first, _ in first }
        for object in try objects(in: archive, found.keys.filter { $0.hasPrefix("blobs") && $0.hasSuffix(".toc") })
        where found[object] == nil {
            throw FileError("read", FilePaths.join(archive, object), reason: "it is missing")
        }
        return try contents.compactMap { line in
            // "3348; 0 16388 TABLE DATA public big owner"
            let words = line.split(separator: " ", maxSplits: 5)
            guard words.count > 5, words[3] == "TABLE", words[4] == "DATA" else { return nil }
            let name = "\(words[0].dropLast()).dat.gz"
            guard let rows = found[name]?.rows else {
                throw FileError("read", FilePaths.join(archive, name), reason: "it is missing")
            }
            guard let table = UInt32(words[2]).flatMap({ names[$0] }) else {
                throw FileError("read", FilePaths.join(archive, name), reason: "it is of a table that is not there")
            }
            return BackupManifest.Table(schema: table.schema, name: table.name, rows: rows)
        }.sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
    }

    /// The files of large objects that these lists name: a number and a file in each line.
    private func objects(in archive: String, _ lists: [String]) throws -> [String] {
        try lists.flatMap { list in
            try TextFiles.readText(FilePaths.join(archive, list), limit: 1 << 30).split(separator: "\n")
                .compactMap { $0.split(separator: " ").last.map { "\($0).gz" } }
        }
    }
}

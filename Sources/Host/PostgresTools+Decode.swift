import Glibc
import Synchronization

extension PostgresTools {
    /// How many rows an archive has of a table.
    public struct RowCount: Sendable, Hashable {
        /// The table's schema.
        public var schema: String
        /// The table's name.
        public var table: String
        /// Its rows.
        public var rows: Int64

        /// A count.
        public init(schema: String, table: String, rows: Int64) {
            (self.schema, self.table, self.rows) = (schema, table, rows)
        }
    }

    /// Reads all of an archive and decodes it, without a server, and looks whether its files are whole: finds what a
    /// list of its contents does not, a file that was cut above all. Changed bytes are only found in gzip files.
    ///
    /// - Parameters:
    ///   - jobs: How many parts of it are read at once.
    ///   - directory: Where lists of what is in each part are put meanwhile.
    /// - Returns: The rows of each table that has data in it, as they were decoded.
    @discardableResult
    public func decode(_ archive: String, jobs: Int = 1, listsIn directory: String) async throws(ToolError)
        -> [RowCount]
    {
        let shares = try await shares(of: archive, jobs: jobs)
        let lists = shares.map { _ in FilePaths.join(directory, ".unfinished-list-\(FilePaths.uniqueSuffix())") }
        defer { for list in lists { unlink(list) } }
        var counts: [RowCount] = []
        do {
            for (list, lines) in zip(lists, shares) {
                try AtomicFile.write(list, text: lines.joined(separator: "\n") + "\n")
            }
            counts = try await withThrowingTaskGroup(of: [RowCount].self) { group in
                for list in lists {
                    group.addTask {
                        let rows = RowCounter()
                        let command = ToolRunner.Command(
                            path(of: "pg_restore"), ["--file=-", "--use-list=\(list)", "--", archive])
                        try await runner.run(command, onOutput: { rows.take($0) })
                        return rows.counts
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try ArchiveFrames.check(archive)
        } catch let error as FileError {
            throw ToolError(program: "pg_restore", error)
        } catch let error as ToolError {
            throw ToolDiagnosis.explain(error, tools: version)
        } catch {
            throw ToolError(program: "pg_restore", cause: .failed, reason: "\(error)")
        }
        return counts.sorted { ($0.schema, $0.table) < ($1.schema, $1.table) }
    }

    /// The lines of lists that have the archive's contents among them, the tables' data spread evenly by the sizes of their files.
    private func shares(of archive: String, jobs: Int) async throws(ToolError) -> [[String]] {
        let contents = try await contents(of: archive)
        do throws(FileError) {
            let sizes = Dictionary(
                try DirectoryTree.files(in: archive).map { ($0.name.prefix { $0 != "." }, $0.size) },
                uniquingKeysWith: { $0 + $1 })
            var shares = [[String]](repeating: [], count: max(1, jobs))
            var loads = [Int64](repeating: 0, count: shares.count)
            let weighed = contents.map { line in (line, sizes[line.prefix { $0 != ";" }] ?? 0) }
            for (line, size) in weighed.sorted(by: { $0.1 > $1.1 }) {
                let lightest = loads.indices.min { loads[$0] < loads[$1] } ?? 0
                shares[line.hasPrefix(";") ? 0 : lightest].append(line)
                loads[lightest] += size
            }
            return shares.filter { !$0.isEmpty }
        } catch {
            throw ToolError(program: "pg_restore", error)
        }
    }
}

/// Counts on the thread that reads, for who waits for it.
private final class RowCounter: Sendable {
    private let rows = Mutex(CopiedRows())

    var counts: [PostgresTools.RowCount] { rows.withLock { $0.counts } }

    func take(_ bytes: UnsafeRawBufferPointer) {
        rows.withLock { $0.take(bytes) }
    }
}

/// Counts the rows between `COPY … FROM stdin;` and `\.` in a script that comes in pieces.
struct CopiedRows {
    private(set) var counts: [PostgresTools.RowCount] = []
    private var isInData = false
    /// Whether a comment has said that a table's data comes: a function's body may hold a COPY as well.
    private var isAnnounced = false
    /// The beginning of the present line, where it came in an earlier piece; of a row's line no more than tells it from the end.
    private var head: [UInt8] = []
    private static let longestHead = 64 << 10

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            guard let found = memchr(start, 10, rest.count) else {
                keep(rest)
                return
            }
            let length = start.distance(to: UnsafeRawPointer(found))
            line(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
        }
    }

    private mutating func keep(_ part: UnsafeRawBufferPointer) {
        let room = (isInData ? 8 : Self.longestHead) - head.count
        if room > 0 { head.append(contentsOf: part.prefix(room)) }
    }

    private mutating func line(_ end: UnsafeRawBufferPointer) {
        if isInData, head.isEmpty {
            if end.count == 2, end[0] == UInt8(ascii: "\\"), end[1] == UInt8(ascii: ".") {
                isInData = false
            } else {
                counts[counts.count - 1].rows += 1
            }
            return
        }
        if !head.isEmpty {
            keep(end)
            let whole = head
            head.removeAll(keepingCapacity: true)
            whole.withUnsafeBytes { line($0) }
            return
        }
        if end.starts(with: Array("-- Data for Name: ".utf8)) { isAnnounced = true }
        guard isAnnounced, end.starts(with: Array("COPY ".utf8)),
            end.suffix(12).elementsEqual(Array(" FROM stdin;".utf8))
        else {
            return
        }
        let names = Self.names(in: end.dropFirst(5))
        guard names.count == 2 else { return }
        counts.append(PostgresTools.RowCount(schema: names[0], table: names[1], rows: 0))
        (isInData, isAnnounced) = (true, false)
    }

    /// The parts of the qualified name that a statement goes on with.
    private static func names(in text: some Sequence<UInt8>) -> [String] {
        var names: [[UInt8]] = [[]]
        var isQuoted = false
        var hasJustClosed = false
        for byte in text {
            if byte == UInt8(ascii: "\"") {
                // A quote within quotes is written twice.
                if hasJustClosed { names[names.count - 1].append(byte) }
                hasJustClosed = isQuoted
                isQuoted.toggle()
                continue
            }
            hasJustClosed = false
            if !isQuoted, byte == UInt8(ascii: " ") { break }
            if !isQuoted, byte == UInt8(ascii: ".") { names.append([]) } else { names[names.count - 1].append(byte) }
        }
        return names.map { String(decoding: $0, as: UTF8.self) }
    }
}

import Host
import Planning
import PostgresClient
import SQLText
import Synchronization

/// How far a running `pg_restore` has come, in bytes of the archive: whole files by what the program says, those that are
/// being read by what the server counts; and when all are read, how far the builds of indexes have come.
final class RestoreProgress: Sendable {
    private struct Table {
        var size: Int64
        var rows: Int64
    }

    private let total: Int64
    /// The sizes of the files of the archive's contents, by the numbers that these have in it.
    private let sizes: [String: Int64]
    /// Each table's data, by its quoted name.
    private let tables: [String: Table]
    private let finished = Mutex<Set<String>>([])

    static let interval = Duration.seconds(1)

    /// - Parameter contents: The lines of the archive's contents that are restored.
    init(contents: [String], archive: String, manifest: BackupManifest) {
        let files = (try? DirectoryTree.files(in: archive)) ?? []
        let all = Dictionary(
            files.map { (String($0.name.prefix { $0 != "." }), $0.size) }, uniquingKeysWith: { $0 + $1 })
        var sizes: [String: Int64] = [:]
        var byName: [String: Int64] = [:]
        for line in contents {
            guard let entry = ArchiveEntry(line), let name = entry.tableData else { continue }
            let number = String(entry.number)
            sizes[number] = all[number] ?? 0
            byName[String(name)] = all[number] ?? 0
        }
        var tables: [String: Table] = [:]
        for table in manifest.tables ?? [] {
            let size = byName.first { $0.key.hasPrefix("\(table.schema) \(table.name) ") }?.value ?? 0
            tables[SQLIdentifier.quote([table.schema, table.name])] = Table(size: size, rows: table.rows)
        }
        self.sizes = sizes
        self.tables = tables
        total = sizes.values.reduce(0, +)
    }

    /// Runs a restore, and tells how far it is now and then. What it tells comes before this returns.
    func showing(
        on session: Connection, _ tell: @escaping @Sendable (JobEvent.Progress) async -> Void,
        _ body: @escaping @Sendable (@escaping @Sendable (String) -> Void) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body { self.hear($0) }
                return true
            }
            group.addTask {
                var told: JobEvent.Progress?
                while true {
                    try await Task.sleep(for: Self.interval)
                    // Not to see how far it is, is no reason to end it.
                    guard let progress = try? await self.look(on: session), progress != told else { continue }
                    told = progress
                    await tell(progress)
                }
            }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
    }

    /// `pg_restore: finished item 3394 TABLE DATA orders`, as it says where several work side by side.
    private func hear(_ line: String) {
        let words = line.split(separator: " ")
        guard let at = words.firstIndex(of: "finished"), words.count > at + 2, words[at + 1] == "item" else { return }
        finished.withLock { _ = $0.insert(String(words[at + 2])) }
    }

    /// See PostgreSQL's manual, "Progress Reporting". The server of 13 does not report COPY.
    func look(on session: Connection) async throws -> JobEvent.Progress {
        var done: Int64 = finished.withLock { items in items.reduce(0) { $0 + (sizes[$1] ?? 0) } }
        var phases: [String] = []
        if session.serverVersion >= 140_000 {
            let copies = try await session.query(
                """
                SELECT n.nspname::text AS schema, c.relname::text AS name, p.tuples_processed AS rows
                FROM pg_catalog.pg_stat_progress_copy p JOIN pg_catalog.pg_class c ON c.oid = p.relid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE p.datname = current_database() ORDER BY 1, 2
                """)
            for row in copies {
                let name = SQLIdentifier.quote([try row.decode("schema"), try row.decode("name")])
                phases.append(name)
                guard let table = tables[name], table.rows > 0 else { continue }
                let share = min(1, Double(try row.decode("rows", as: Int64.self)) / Double(table.rows))
                done += Int64(share * Double(table.size))
            }
        }
        if phases.isEmpty, let build = try await IndexBuild.progress(on: session) { return build }
        return JobEvent.Progress(
            unit: "bytes", done: min(done, total), total: total,
            phase: phases.isEmpty ? "definitions" : phases.joined(separator: ", "))
    }
}

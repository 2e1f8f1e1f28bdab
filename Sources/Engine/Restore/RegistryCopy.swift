import Digest
import Planning
import PostgresClient
import Revisions
import SQLText

/// Brings a living registry over into another database: every row of every table, as it is in one snapshot.
struct RegistryCopy: Sendable {
    let source: Connection
    let target: any PostgresSession

    /// How many rows go over at once.
    private static let portion = 500

    /// Replaces what the target's registry has; it is of the same version. The row that is about the database itself stays.
    func run() async throws {
        let tables = RegistrySchema.tables.filter { $0 != "registry" }
        _ = try await target.execute(
            "TRUNCATE \(tables.map { "migrated.\($0)" }.joined(separator: ", "))")
        try await source.script("RESET ALL; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        do {
            for table in tables { try await copy(table) }
            try await copySequences()
            try await source.script("COMMIT")
        } catch {
            try? await source.script("ROLLBACK")
            throw error
        }
    }

    private func copy(_ table: String) async throws {
        try await source.execute(
            "DECLARE copied NO SCROLL CURSOR FOR SELECT pg_catalog.to_jsonb(t)::text AS row FROM migrated.\(table) t")
        while true {
            let rows = try await source.query(Query(raw: "FETCH \(Self.portion) FROM copied"))
                .map { try $0.decode("row", as: String.self) }
            guard !rows.isEmpty else { break }
            _ = try await target.query(
                """
                INSERT INTO migrated.\(raw: table) OVERRIDING SYSTEM VALUE
                SELECT r.* FROM unnest(\(rows)::text[]) item,
                    LATERAL pg_catalog.jsonb_populate_record(NULL::migrated.\(raw: table), item::jsonb) r
                """)
        }
        try await source.execute("CLOSE copied")
    }

    private func copySequences() async throws {
        let sequences = try await source.query(
            """
            SELECT sequencename::text AS name, last_value FROM pg_catalog.pg_sequences
            WHERE schemaname = 'migrated' AND last_value IS NOT NULL
            """)
        for row in sequences {
            let name: String = try row.decode("name")
            _ = try await target.query(
                "SELECT pg_catalog.setval(\("migrated." + SQLIdentifier.quote(name))::regclass, \(try row.decode("last_value", as: Int64.self)))"
            )
        }
    }
}

/// Gives a new registry the history that a backup's side file has, where no living one is left.
struct RegistryInheritance: Sendable {
    let session: any PostgresSession

    /// Writes the entries (newest first, as the side file has them) and the jobs that they name.
    func write(_ history: [HistoryEntry], of server: BackupManifest.Server) async throws {
        for entry in history.reversed() {
            _ = try await session.query(
                """
                INSERT INTO migrated.job (number, kind, state, target, step_count, applied_count, request_id, uid,
                    user_name, login_uid, machine_id, requested_at, started_at, finished_at)
                OVERRIDING SYSTEM VALUE
                VALUES (\(entry.job.number), \(entry.direction.rawValue), 'succeeded', '', 1, 1,
                    pg_catalog.gen_random_uuid(), \(Int64(entry.person.uid)), \(entry.person.userName),
                    \(entry.person.loginUID.map(Int64.init)), \(entry.person.machineID), \(raw: Self.time(entry)),
                    \(raw: Self.time(entry)), \(raw: Self.time(entry)))
                ON CONFLICT (number) DO UPDATE SET step_count = job.step_count + 1,
                    applied_count = job.applied_count + 1, finished_at = excluded.finished_at
                """)
            _ = try await session.query(
                """
                INSERT INTO migrated.history (job, revision, direction, applied_at, elapsed_ms, content_digest,
                    meaning_digest, rows_after, system_identifier, timeline, database_oid, transaction_id)
                VALUES (\(entry.job.number), \(entry.revision.rawValue), \(entry.direction.rawValue),
                    \(raw: Self.time(entry)), \(entry.elapsedMilliseconds)::double precision,
                    \(entry.contentDigest.description), \(entry.meaningDigest.description),
                    \(entry.rowsAfter.map(\.rawValue)), \(server.systemIdentifier), \(server.timeline)::int,
                    \(server.databaseOID)::bigint, 'inherited')
                """)
        }
        _ = try await session.query(
            """
            SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('migrated.job', 'number'), max(number))
            FROM migrated.job HAVING max(number) IS NOT NULL
            """)
        _ = try await session.query(
            "UPDATE migrated.job SET history_told = coalesce((SELECT max(number) FROM migrated.history), 0)")
    }

    private static func time(_ entry: HistoryEntry) -> String {
        "pg_catalog.to_timestamp(\(entry.appliedAt.microseconds)::double precision / 1000000)"
    }
}

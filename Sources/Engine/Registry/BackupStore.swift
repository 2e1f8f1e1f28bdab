import Digest
import Planning
import PostgresClient

/// The registry's memory of backups: which there are, where, and the hash of each manifest.
struct BackupStore: Sendable {
    let session: any PostgresSession

    func add(_ manifest: BackupManifest, path: String, digest: SHA256Digest, job: Int64?) async throws {
        _ = try await session.query(
            """
            INSERT INTO migrated.backup (name, job, machine_id, path, taken_at, manifest_digest, manifest)
            VALUES (\(manifest.name), \(job)::bigint, \(manifest.machineID), \(path),
                to_timestamp(\(manifest.takenAt.microseconds)::double precision / 1000000), \(digest.description),
                \(try RegistryJSON.encode(manifest))::jsonb)
            ON CONFLICT (name) DO UPDATE SET job = excluded.job, machine_id = excluded.machine_id, path = excluded.path,
                taken_at = excluded.taken_at, manifest_digest = excluded.manifest_digest, manifest = excluded.manifest,
                removed_at = NULL
            """)
    }

    /// The digest of a backup's manifest; nil where the registry does not know the backup.
    func digest(of name: String) async throws -> SHA256Digest? {
        try await session.query("SELECT manifest_digest FROM migrated.backup WHERE name = \(name)")
            .first.flatMap { SHA256Digest(hex: try $0.decode("manifest_digest")) }
    }

    func remove(_ name: String) async throws {
        _ = try await session.query(
            "UPDATE migrated.backup SET removed_at = clock_timestamp() WHERE name = \(name) AND removed_at IS NULL")
    }

    /// A backup that is there still and was taken no longer ago than that, by the server's clock.
    func backup(_ name: String, youngerThan age: Duration) async throws -> TakenBackup? {
        try await session.query(
            """
            SELECT manifest::text AS manifest, path, manifest_digest FROM migrated.backup
            WHERE name = \(name) AND removed_at IS NULL
                AND taken_at > clock_timestamp() - \(age.seconds)::double precision * interval '1 second'
            """
        ).first.flatMap { row in
            try SHA256Digest(hex: row.decode("manifest_digest")).map {
                TakenBackup(
                    manifest: try RegistryJSON.decode(BackupManifest.self, from: row.decode("manifest")),
                    path: try row.decode("path"), digest: $0)
            }
        }
    }

    /// The names of backups that open jobs were given, or wait to restore from: they are not pruned.
    func neededByOpenJobs() async throws -> Set<String> {
        Set(
            try await session.query(
                """
                SELECT name.backup FROM migrated.job j LEFT JOIN migrated.restore r ON r.job = j.number,
                    LATERAL (VALUES (j.backup), (r.request ->> 'backup')) AS name (backup)
                WHERE name.backup IS NOT NULL AND j.state NOT IN ('succeeded', 'failed', 'cancelled')
                """
            ).map { try $0.decode("backup") })
    }
}

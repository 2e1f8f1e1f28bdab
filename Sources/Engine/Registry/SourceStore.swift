import Digest
import FoundationEssentials
import Planning
import PostgresClient
import Revisions

/// The bytes of revisions that were queued or approved, kept by digest. Apply, downgrade and recovery read these.
struct SourceStore: Sendable {
    let session: any PostgresSession

    /// Keeps the files of these revisions; one that is kept already is left as it is.
    func keep(_ revisions: [Revision]) async throws {
        guard !revisions.isEmpty else { return }
        _ = try await session.query(
            """
            INSERT INTO migrated.revision_source (source_digest, revision, path, bytes)
            SELECT digest, revision, path, decode(bytes, 'base64')
            FROM unnest(\(revisions.map(\.sourceDigest.description))::text[], \(revisions.map(\.id.rawValue))::text[],
                \(revisions.map(\.path))::text[], \(revisions.map { Data($0.source).base64EncodedString() })::text[])
                AS source (digest, revision, path, bytes)
            ON CONFLICT DO NOTHING
            """)
    }

    /// Keeps what a restore was approved as.
    func keep(_ request: RestoreRequest) async throws {
        _ = try await session.query(
            """
            INSERT INTO migrated.revision_source (source_digest, revision, path, bytes)
            VALUES (\(request.approval.contentDigest.description), \(request.backup), 'restore',
                decode(\(Data(request.source).base64EncodedString()), 'base64'))
            ON CONFLICT DO NOTHING
            """)
    }

    /// The kept files with these digests, as they were.
    func files(_ digests: [SHA256Digest]) async throws -> [RevisionFile] {
        guard !digests.isEmpty else { return [] }
        return try await session.query(
            """
            SELECT path, bytes FROM migrated.revision_source
            WHERE source_digest = ANY (\(digests.map(\.description))::text[])
            """
        ).map { RevisionFile(path: try $0.decode("path"), bytes: try $0.decode("bytes")) }
    }

    /// All files that were kept of a revision.
    func files(of revision: RevisionID) async throws -> [RevisionFile] {
        try await session.query(
            "SELECT path, bytes FROM migrated.revision_source WHERE revision = \(revision.rawValue) ORDER BY kept_at DESC"
        ).map { RevisionFile(path: try $0.decode("path"), bytes: try $0.decode("bytes")) }
    }

    /// The kept file of each of these revisions that was last applied, else the one that was kept last.
    func latestFiles(of revisions: [RevisionID]) async throws -> [RevisionFile] {
        guard !revisions.isEmpty else { return [] }
        return try await session.query(
            """
            SELECT DISTINCT ON (s.revision) s.path, s.bytes FROM migrated.revision_source s
                LEFT JOIN migrated.job_step j ON j.source_digest = s.source_digest AND j.revision = s.revision
                LEFT JOIN migrated.history h
                    ON h.job = j.job AND h.revision = j.revision AND h.content_digest = j.content_digest
            WHERE s.revision = ANY (\(revisions.map(\.rawValue))::text[])
            ORDER BY s.revision, h.number DESC NULLS LAST, s.kept_at DESC
            """
        ).map { RevisionFile(path: try $0.decode("path"), bytes: try $0.decode("bytes")) }
    }
}

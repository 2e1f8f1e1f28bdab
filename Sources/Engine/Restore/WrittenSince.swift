import Planning
import PostgresClient
import SQLText

/// What was committed to a database since a backup of it was taken, table by table: what a restore of that backup would not
/// bring back. Rows tell by the transaction that wrote them; of rows that are gone, only the number is known.
struct WrittenSince: Sendable, Hashable {
    var table: String
    /// Rows that the backup has not seen: written or changed since.
    var written: Int64
    /// Rows of the backup that are not there any more as they were: changed or deleted since.
    var gone: Int64
    /// Whether only their numbers could be compared, because the backup is of another database or server.
    var isByNumberOnly = false

    /// `app.orders: 12 rows written, 3 changed or deleted`
    var sentence: String {
        if isByNumberOnly {
            let count = Plural.count(Int(max(written, gone)), "row")
            return "\(table): \(count) \(written > 0 ? "more" : "fewer") than in the backup"
        }
        let parts = [
            written > 0 ? "\(Plural.count(Int(written), "row")) written" : nil,
            gone > 0 ? "\(gone) changed or deleted" : nil,
        ]
        return "\(table): \(parts.compactMap { $0 }.joined(separator: ", "))"
    }

    /// Reads it all: every table is gone through once.
    ///
    /// - Throws: `ServerError` `query_canceled` where it takes longer than `patience`.
    static func read(
        _ manifest: BackupManifest, identity: ServerIdentity, on session: any PostgresSession, patience: Duration? = nil
    ) async throws -> [WrittenSince] {
        let end = patience.map { ContinuousClock.now + $0 }
        guard let counted = manifest.tables else { return [] }
        let known = Dictionary(
            counted.map { (SQLIdentifier.quote([$0.schema, $0.name]), $0.rows) },
            uniquingKeysWith: { first, _ in first })
        let isSame =
            manifest.server.systemIdentifier == identity.systemIdentifier
            && manifest.server.databaseOID == identity.databaseOID
        let snapshot = isSame ? manifest.server.snapshot : nil
        var present: [String] = try await tables(on: session)
        present += known.keys.filter { !present.contains($0) }.sorted()
        var found: [WrittenSince] = []
        for table in present {
            let before = known[table] ?? 0
            if let end {
                let left = max(1, (end - .now).milliseconds)
                _ = try await session.execute("SET statement_timeout = \(left)")
            }
            guard let (seen, unseen) = try await count(table, snapshot, on: session) else {
                if before > 0 { found.append(WrittenSince(table: table, written: 0, gone: before)) }
                continue
            }
            let change =
                snapshot == nil
                ? WrittenSince(
                    table: table, written: max(0, unseen - before), gone: max(0, before - unseen), isByNumberOnly: true)
                : WrittenSince(table: table, written: unseen, gone: max(0, before - seen))
            if change.written > 0 || change.gone > 0 { found.append(change) }
        }
        return found
    }

    /// The tables that a dump has the data of.
    private static func tables(on session: any PostgresSession) async throws -> [String] {
        try await session.query(
            """
            SELECT n.nspname::text AS schema, c.relname::text AS name
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'migrated'
                AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                    AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY 1, 2
            """
        ).map { SQLIdentifier.quote([try $0.decode("schema"), try $0.decode("name")]) }
    }

    /// How many rows a snapshot sees the writing of, and how many not; all are unseen where there is no snapshot. Nil where
    /// there is no such table. A row tells only the lower half of its transaction's number: the upper half is that of now,
    /// or the one before.
    private static func count(
        _ table: String, _ snapshot: String?, on session: any PostgresSession
    ) async throws -> (seen: Int64, unseen: Int64)? {
        do {
            let row = try await session.query(
                """
                SELECT count(*) FILTER (WHERE seen) AS seen, count(*) FILTER (WHERE NOT seen) AS unseen
                FROM (SELECT coalesce(pg_catalog.pg_visible_in_snapshot(
                        (now.number - now.lower + t.lower - CASE WHEN t.lower > now.lower THEN 4294967296 ELSE 0 END)
                            ::text::xid8, \(snapshot)::pg_snapshot), false) AS seen
                    FROM (SELECT greatest(xmin::text::bigint, 3) AS lower FROM ONLY \(raw: table)) t,
                        (SELECT number, number % 4294967296 AS lower FROM (SELECT pg_catalog.pg_snapshot_xmax(
                            pg_catalog.pg_current_snapshot())::text::bigint AS number) n) now) rows
                """
            ).single()
            return (seen: try row.decode("seen"), unseen: try row.decode("unseen"))
        } catch let error as ServerError where error.sqlState == "42P01" || error.sqlState == "3F000" {
            return nil
        }
    }
}

extension [WrittenSince] {
    /// More are counted, not named.
    private static var limit: Int { 20 }

    /// Names them.
    func tell(of job: Int64, to reporter: Reporter) async {
        for change in prefix(Self.limit) {
            await reporter.event(
                job, .restoreNoticed, "committed since the backup, and not in it: \(change.sentence)")
        }
        guard count > Self.limit else { return }
        await reporter.event(job, .restoreNoticed, "and in \(Plural.count(count - Self.limit, "other table"))")
    }
}

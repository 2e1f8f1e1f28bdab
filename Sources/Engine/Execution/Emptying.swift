import Planning
import PostgresClient
import SQLText

/// Empties a development database: everything goes that belongs to it, in one transaction, but for the registry and for
/// what a superuser or another role has installed as an extension. Roles, grants on the database, its settings and its
/// large objects are not touched.
struct Emptying: Sendable {
    let configuration: DatabaseConfiguration
    let session: Connection

    /// An object of the database.
    private struct Object {
        /// As DROP has it: `TABLE`, `FUNCTION`, …
        var type: String
        /// Qualified, quoted, with the types of its arguments.
        var name: String
        var owner: String
        var isOurs: Bool
    }

    /// Removes everything, and runs `record` in the same transaction with how many objects it was.
    ///
    /// - Throws: `Failure` `permission-denied`, with nothing removed, where something belongs to a role that we cannot act as.
    func run(lockTimeout: Duration, _ record: (Int) async throws -> Void) async throws {
        do {
            let settings = SessionSettings.forStatements(
                scope: "LOCAL", role: configuration.role, statementTimeout: nil, lockTimeout: lockTimeout)
            let begin =
                SessionSettings.beforeRevision + [SessionSettings.begin, "SET LOCAL search_path = pg_catalog"]
                + settings
            try await session.script(begin.joined(separator: "; "))
            let objects = try await objects()
            let foreign = objects.filter { !$0.isOurs }
            guard foreign.isEmpty else { throw refusal(foreign) }
            for object in objects {
                // What went with another one is gone already.
                try await session.execute("DROP \(object.type) IF EXISTS \(object.name) CASCADE")
            }
            try await session.script("SET LOCAL ROLE NONE")
            try await record(objects.count)
            try await session.script("COMMIT")
        } catch {
            await Task { [session] in try? await session.script("ROLLBACK; RESET ALL") }.value
            if Task.isCancelled { throw CancellationError() }
            guard let error = error as? ServerError, !error.endsSession else { throw error }
            throw failure(error)
        }
    }

    /// Where DROP has other words for a kind of object than `pg_identify_object`.
    private static let words = ["statistics object": "STATISTICS", "foreign-data wrapper": "FOREIGN DATA WRAPPER"]

    private func objects() async throws -> [Object] {
        try await session.query(Query(raw: Self.listing)).map { row in
            let type: String = try row.decode("type")
            return Object(
                type: Self.words[type] ?? type.uppercased(), name: try row.decode("name"),
                owner: try row.decode("owner"), isOurs: try row.decode("is_ours"))
        }
    }

    private func refusal(_ foreign: [Object]) -> Failure {
        let first = foreign[0]
        return Failure(
            .permissionDenied,
            "cannot empty \"\(configuration.name)\": \(first.type.lowercased()) \(first.name) belongs to \"\(first.owner)\"",
            hint: "drop it as its owner, or grant: GRANT \(SQLIdentifier.quote(first.owner)) TO …",
            notes: foreign.dropFirst().prefix(20).map {
                "\($0.type.lowercased()) \($0.name) belongs to \"\($0.owner)\""
            })
    }

    private func failure(_ error: ServerError) -> Failure {
        let isLocked = LockRetry.retried.contains(error.sqlState)
        return Failure(
            isLocked ? .tableLockTimeout : .statementFailed,
            "cannot empty \"\(configuration.name)\": \(error.message)",
            hint: isLocked ? "end the sessions that use it, then reset it again" : error.hint,
            notes: [error.detail].compactMap { $0 })
    }

    /// Everything that was made in the database, in an order in which it can be dropped: first what would fire at the
    /// dropping, whole schemas next. Left out are PostgreSQL's own schemas and ours, what belongs to an extension, and what
    /// is a mere part of another object. An extension goes if the role that migrates has installed it: a revision did
    /// that, and will do it again.
    private static let listing = """
        WITH kept AS (
            SELECT e.oid, e.extnamespace FROM pg_extension e
            WHERE e.extowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
                OR e.extnamespace = 'pg_catalog'::regnamespace
        ), space AS (
            SELECT n.oid, n.nspname, n.nspowner,
                n.nspname = 'public' OR EXISTS (SELECT FROM kept k WHERE k.extnamespace = n.oid)
                OR EXISTS (SELECT FROM pg_depend d JOIN kept k ON d.refobjid = k.oid
                    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
                        AND d.classid = 'pg_namespace'::regclass AND d.objid = n.oid) AS stays
            FROM pg_namespace n
            WHERE n.nspname NOT IN ('migrated', 'information_schema') AND n.nspname !~ '^pg_'
        ), object (rank, classid, oid, owner) AS (
            SELECT 0, 'pg_event_trigger'::regclass, oid, evtowner FROM pg_event_trigger
            UNION ALL SELECT 0, 'pg_publication'::regclass, oid, pubowner FROM pg_publication
            UNION ALL SELECT 1, 'pg_namespace'::regclass, oid, nspowner FROM space WHERE NOT stays
            UNION ALL SELECT 2, 'pg_class'::regclass, c.oid, c.relowner FROM pg_class c
                JOIN space ON space.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
            UNION ALL SELECT 3, 'pg_proc'::regclass, p.oid, p.proowner FROM pg_proc p JOIN space ON space.oid = p.pronamespace
            UNION ALL SELECT 4, 'pg_type'::regclass, t.oid, t.typowner FROM pg_type t JOIN space ON space.oid = t.typnamespace
                WHERE t.typtype IN ('e', 'd', 'r', 'b') AND NOT (t.typtype = 'b' AND t.typelem <> 0 AND t.typlen = -1)
                    OR t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c'
            UNION ALL SELECT 5, 'pg_operator'::regclass, o.oid, oprowner FROM pg_operator o
                JOIN space ON space.oid = o.oprnamespace
            UNION ALL SELECT 5, 'pg_opfamily'::regclass, o.oid, opfowner FROM pg_opfamily o
                JOIN space ON space.oid = o.opfnamespace
            UNION ALL SELECT 5, 'pg_collation'::regclass, o.oid, collowner FROM pg_collation o
                JOIN space ON space.oid = o.collnamespace
            UNION ALL SELECT 5, 'pg_conversion'::regclass, o.oid, conowner FROM pg_conversion o
                JOIN space ON space.oid = o.connamespace
            UNION ALL SELECT 5, 'pg_statistic_ext'::regclass, o.oid, stxowner FROM pg_statistic_ext o
                JOIN space ON space.oid = o.stxnamespace
            UNION ALL SELECT 5, 'pg_ts_config'::regclass, o.oid, cfgowner FROM pg_ts_config o
                JOIN space ON space.oid = o.cfgnamespace
            UNION ALL SELECT 5, 'pg_ts_dict'::regclass, o.oid, dictowner FROM pg_ts_dict o
                JOIN space ON space.oid = o.dictnamespace
            UNION ALL SELECT 6, 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
            UNION ALL SELECT 7, 'pg_foreign_data_wrapper'::regclass, oid, fdwowner FROM pg_foreign_data_wrapper
            UNION ALL SELECT 8, 'pg_extension'::regclass, e.oid, e.extowner FROM pg_extension e
                WHERE e.oid NOT IN (SELECT oid FROM kept)
        )
        SELECT i.type, i.identity AS name, r.rolname::text AS owner, pg_has_role(current_user, o.owner, 'USAGE') AS is_ours
        FROM object o JOIN pg_roles r ON r.oid = o.owner, LATERAL pg_identify_object(o.classid, o.oid, 0) i
        WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.classid AND d.objid = o.oid AND d.objsubid = 0
            AND d.deptype IN ('e', 'i'))
        ORDER BY o.rank, i.identity COLLATE "C"
        """
}

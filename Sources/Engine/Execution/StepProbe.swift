import PostgresClient
import SQLText

/// Looks in the catalogue whether a standalone statement took effect. Never trusts IF NOT EXISTS: an invalid index that
/// a cancelled CREATE INDEX CONCURRENTLY left behind would pass for a good one.
struct StepProbe: Sendable {
    let session: Connection
    /// The role that the statement ran as; nil for the session's own.
    var role: String?
    /// How long a lock may be waited for that others queue behind; nil for as long as it takes.
    var lockTimeout: Duration?

    enum Outcome: Sendable, Hashable {
        case applied
        /// It did not, and nothing of it is left.
        case notApplied
        /// Running it again does no harm.
        case repeatable
        case unknown
    }

    func look(at statement: Statement) async throws -> Outcome {
        switch statement.kind.probe {
        case .createIndex(let name, let table, let definition):
            guard let name else { return .unknown }
            return try await created(name, on: table, definition)
        case .dropIndex(let name):
            return try await index(name) == nil ? .applied : .notApplied
        case .reindex(let target, let name):
            try await dropLeftovers(of: target, name)
            return .repeatable
        case .detachPartition(let parent, let partition):
            return try await detached(partition, from: parent)
        case .addEnumValue(let type, let label):
            return try await hasLabel(label, type) ? .applied : .notApplied
        case .repeatable:
            return .repeatable
        case .none:
            return .unknown
        }
    }

    /// An index that is there, valid, and what was asked for is done; an invalid one is dropped, to be built again.
    private func created(_ name: String, on table: [String], _ definition: IndexDefinition) async throws -> Outcome {
        // An index stands in its table's schema, whatever the search path is by now.
        let schema = try await schema(of: table)
        let qualified = schema.map { [$0, name] } ?? [name]
        guard let isValid = try await index(qualified) else { return .notApplied }
        if isValid {
            let table = schema.flatMap { schema in table.last.map { [schema, $0] } } ?? table
            return try await isAsDefined(qualified, on: table, definition)
        }
        guard try await !isBeingBuilt(qualified) else { return .unknown }
        try await session.execute("DROP INDEX CONCURRENTLY IF EXISTS \(Self.quoted(qualified))")
        return .notApplied
    }

    private struct Compared: Error {
        var isSame: Bool
    }

    /// Whether a valid index is the statement's: somebody else may have made another one of that name. What the statement's
    /// would be the server says itself, of the same index on an empty table with the same columns. Neither is ever committed,
    /// nor is what a trigger of the database has noted of them.
    private func isAsDefined(_ index: [String], on table: [String], _ definition: IndexDefinition) async throws
        -> Outcome
    {
        let likeness = ["pg_temp"] + table.suffix(1)
        let own = ["pg_temp"] + index.suffix(1)
        let options = TransactionOptions(
            settings: ["lock_timeout": String(lockTimeout?.milliseconds ?? 0)],
            prelude: role.map { "SET LOCAL ROLE \(SQLIdentifier.quote($0))" })
        do {
            try await session.transaction(options) { transaction in
                try await transaction.execute(
                    "CREATE TEMPORARY TABLE \(Self.quoted(likeness)) (LIKE \(Self.quoted(table)))")
                try await transaction.execute(
                    definition.statement(name: Self.quoted(index.suffix(1)), table: Self.quoted(likeness)))
                let isSame = try await transaction.query(
                    """
                    SELECT count(*) = 2 AND count(DISTINCT (i.indisunique, pg_catalog.substr(d.text,
                        pg_catalog.strpos(d.text, '.' || pg_catalog.quote_ident(t.relname) || ' USING ')))) = 1 AS same
                    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class t ON t.oid = i.indrelid,
                        pg_catalog.pg_get_indexdef(i.indexrelid) AS d (text)
                    WHERE (i.indexrelid, i.indrelid) IN (
                        (pg_catalog.to_regclass(\(Self.quoted(index))), pg_catalog.to_regclass(\(Self.quoted(table)))),
                        (pg_catalog.to_regclass(\(Self.quoted(own))), pg_catalog.to_regclass(\(Self.quoted(likeness)))))
                    """
                ).first?.decode("same", as: Bool.self)
                throw Compared(isSame: isSame ?? false)
            }
            return .unknown
        } catch let compared as Compared {
            return compared.isSame ? .applied : .notApplied
        } catch let error as ServerError where error.sqlState.hasPrefix("42") || error.sqlState.hasPrefix("P0") {
            // It may not be made here, for want of a right or because a trigger forbids it: that says nothing.
            return .unknown
        }
    }

    /// Somebody is building it at this moment: it is not for us to drop.
    private func isBeingBuilt(_ name: [String]) async throws -> Bool {
        try await session.query(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index
                WHERE index_relid = pg_catalog.to_regclass(\(Self.quoted(name)))) AS building
            """
        ).first?.decode("building") ?? false
    }

    /// What an interrupted REINDEX CONCURRENTLY leaves: invalid indexes named `…_ccnew` or `…_ccold`, and none that somebody
    /// is building at this moment.
    private func dropLeftovers(of target: StandaloneProbe.ReindexTarget, _ name: [String]) async throws {
        let name = Self.quoted(name)
        let isMeant: Query =
            switch target {
            case .index:
                """
                i.indrelid = (SELECT x.indrelid FROM pg_catalog.pg_index x
                    WHERE x.indexrelid = pg_catalog.to_regclass(\(name)))
                """
            case .table: "i.indrelid = pg_catalog.to_regclass(\(name))"
            case .schema: "c.relnamespace = pg_catalog.to_regnamespace(\(name))"
            case .database, .system: "true"
            }
        let leftovers = try await session.query(
            Query(
                raw: """
                    SELECT i.indexrelid::regclass::text AS name FROM pg_catalog.pg_index i
                        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                    WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND \(isMeant.text)
                        AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                            WHERE p.index_relid = i.indexrelid)
                    """, isMeant.parameters))
        for row in leftovers {
            try await session.execute(
                "DROP INDEX CONCURRENTLY IF EXISTS \(try row.decode("name", as: String.self))")
        }
    }

    /// A partition that is neither attached nor pending is detached; a pending one is finished.
    private func detached(_ partition: [String], from parent: [String]) async throws -> Outcome {
        let pending = try await session.query(
            """
            SELECT inhdetachpending AS pending FROM pg_catalog.pg_inherits
            WHERE inhrelid = pg_catalog.to_regclass(\(Self.quoted(partition)))
                AND inhparent = pg_catalog.to_regclass(\(Self.quoted(parent)))
            """
        ).first?.decode("pending", as: Bool.self)
        guard let pending else { return .applied }
        guard pending else { return .notApplied }
        try await session.execute("SET lock_timeout = \(lockTimeout?.milliseconds ?? 0)")
        try await session.execute(
            "ALTER TABLE \(Self.quoted(parent)) DETACH PARTITION \(Self.quoted(partition)) FINALIZE")
        try await session.execute("RESET lock_timeout")
        return .applied
    }

    private func hasLabel(_ label: String, _ type: [String]) async throws -> Bool {
        try await session.query(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_enum
                WHERE enumtypid = pg_catalog.to_regtype(\(Self.quoted(type))) AND enumlabel = \(label)) AS there
            """
        ).first?.decode("there") ?? false
    }

    private func schema(of table: [String]) async throws -> String? {
        try await session.query(
            """
            SELECT n.nspname::text AS schema FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = pg_catalog.to_regclass(\(Self.quoted(table)))
            """
        ).first?.decode("schema")
    }

    /// Whether the index of that name is valid; nil where there is none.
    private func index(_ name: [String]) async throws -> Bool? {
        try await session.query(
            """
            SELECT indisvalid AND indisready AS valid FROM pg_catalog.pg_index
            WHERE indexrelid = pg_catalog.to_regclass(\(Self.quoted(name)))
            """
        ).first?.decode("valid")
    }

    private static func quoted(_ name: [String]) -> String {
        name.map(SQLIdentifier.quote).joined(separator: ".")
    }
}

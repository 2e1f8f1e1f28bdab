import PostgresClient

/// Whether there is anything in a database.
enum DatabaseContents {
    /// Whether nobody has made anything in it but us and the one who made the database.
    static func isEmpty(_ session: any PostgresSession) async throws -> Bool {
        try await session.query(
            """
            SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'migrated'))
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'migrated'))
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS empty
            """
        ).single().decode("empty")
    }
}

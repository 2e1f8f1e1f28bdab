import PostgresClient
import TestSupport

/// What revisions have made, as the catalogue has it. The rows that they leave say that they ran; only this says that what
/// they are there for was done, for a standalone revision's row commits before its index is built.
enum Handiwork {
    /// What is missing of the work of these revisions, and what is there of the work of others.
    static func violations(of revisions: [TestRevision], seenBy session: Connection) async throws -> [String] {
        let expected = Set(revisions.flatMap(expected))
        let found = Set(try await session.texts(found))
        let (missing, surplus) = (expected.subtracting(found).sorted(), found.subtracting(expected).sorted())
        return (missing.isEmpty ? [] : ["work is missing: \(missing)"])
            + (surplus.isEmpty ? [] : ["work of revisions that are not applied: \(surplus)"])
    }

    /// All revisions of the torture make a table, and those that are not in one transaction an index on it.
    private static func expected(of revision: TestRevision) -> [String] {
        let table = "t_\(revision.id)"
        let index = "CREATE INDEX i_\(revision.id) ON public.\(table) USING btree (id)"
        return revision.isTransactional ? [table] : [table, index]
    }

    /// An index only where it is kept up to date and used.
    private static let found: Query = """
        SELECT coalesce(pg_get_indexdef(i.indexrelid), c.relname) FROM pg_class c
            LEFT JOIN pg_index i ON i.indexrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname ~ '^[ti]_[0-9]+$'
            AND coalesce(i.indisvalid AND i.indisready AND i.indislive, true)
        """
}

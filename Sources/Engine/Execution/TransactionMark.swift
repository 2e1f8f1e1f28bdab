import Planning
import PostgresClient

/// Marks a transaction with its own id, in a setting that ends with it: whatever ends the transaction takes the mark away,
/// and what is said afterwards is refused.
enum TransactionMark {
    /// Marks the present transaction, takes the migration lock once more for as long as it lasts, and sets what the
    /// revision's statements run under, the role last.
    ///
    /// What a transaction locks no script can unlock (PostgreSQL manual, "Advisory Locks"), and while the session has the lock
    /// as well, taking it costs nothing.
    static func setting(role: String?, statementTimeout: Duration?, lockTimeout: Duration?) -> Query {
        var query: Query.StringInterpolation = .init(literalCapacity: 512, interpolationCount: 3)
        query.appendLiteral(
            """
            SELECT CASE WHEN pg_catalog.pg_try_advisory_xact_lock(\(MigrationLock.key)) THEN pg_catalog.set_config(\
            'migrated.transaction', pg_catalog.pg_current_xact_id()::text, true) \
            ELSE migrated.refuse('\(Refusal.unlocked.rawValue)', 'another session has the lock')::text END
            """)
        let settings = [
            ("statement_timeout", statementTimeout.map { String($0.milliseconds) }),
            ("lock_timeout", lockTimeout.map { String($0.milliseconds) }), ("role", role),
        ]
        for (name, value) in settings {
            guard let value else { continue }
            query.appendLiteral(", pg_catalog.set_config('\(name)', ")
            query.appendInterpolation(value)
            query.appendLiteral(", true)")
        }
        return Query(stringInterpolation: query)
    }

    /// Why the registry refuses a record, as SQLSTATEs of a class of our own.
    enum Refusal: String {
        case escaped = "MG001"
        case unlocked = "MG002"
        /// A change of the version table did not hit exactly one row.
        case versionRows = "MG003"
    }

    /// The conditions of a CASE that fails unless the transaction is the one that was marked and this session holds the lock.
    /// The session's lock is given back, which tells whether it was there, and taken again; in between, the transaction's
    /// keeps others out. Reading `pg_locks` would say the same, at a hundred times the cost.
    static let conditions = """
        WHEN pg_catalog.current_setting('migrated.transaction', true) \
        IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text \
        THEN migrated.refuse('\(Refusal.escaped.rawValue)', 'the transaction was ended') \
        WHEN NOT pg_catalog.pg_advisory_unlock(\(MigrationLock.key)) \
        THEN migrated.refuse('\(Refusal.unlocked.rawValue)', 'the lock was dropped') \
        WHEN NOT pg_catalog.pg_try_advisory_lock(\(MigrationLock.key)) \
        THEN migrated.refuse('\(Refusal.unlocked.rawValue)', 'another session has the lock')
        """

    /// Fails unless the conditions hold.
    static let confirmation = Query(raw: "SELECT CASE \(conditions) END")
}

import Planning
import PostgresClient

/// Marks a transaction with its own id, in a setting that ends with it: whatever ends the transaction takes the mark away,
/// and what is said afterwards is refused.
enum TransactionMark {
    /// Marks the present transaction.
    static let setting: Query = """
        SELECT pg_catalog.set_config('migrated.transaction', pg_catalog.pg_current_xact_id()::text, true)
        """

    /// Why the registry refuses a record, as SQLSTATEs of a class of our own.
    enum Refusal: String {
        case escaped = "MG001"
        case unlocked = "MG002"
        /// A change of the version table did not hit exactly one row.
        case versionRows = "MG003"
    }

    /// The conditions of a CASE that fails unless the transaction is the one that was marked and this backend holds the lock.
    static let conditions = """
        WHEN pg_catalog.current_setting('migrated.transaction', true) \
        IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text \
        THEN migrated.refuse('\(Refusal.escaped.rawValue)', 'the transaction was ended') \
        WHEN NOT EXISTS (\(MigrationLock.isHeldByThisBackend)) \
        THEN migrated.refuse('\(Refusal.unlocked.rawValue)', 'the lock was dropped')
        """

    /// Fails unless the conditions hold.
    static let confirmation = Query(raw: "SELECT CASE \(conditions) END")
}

import PostgresClient

/// Marks a transaction with its own id, in a setting that ends with it: whatever ends the transaction takes the mark away,
/// and what is said afterwards is not recorded.
enum TransactionMark {
    /// Marks the present transaction.
    static let setting: Query = """
        SELECT pg_catalog.set_config('migrated.transaction', pg_catalog.pg_current_xact_id()::text, true)
        """

    /// Whether the transaction is the one that was marked.
    static let isStanding = """
        coalesce(pg_catalog.current_setting('migrated.transaction', true) = pg_catalog.pg_current_xact_id()::text, false)
        """
}

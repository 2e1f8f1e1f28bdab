import PostgresClient

/// A catalogue that changed while it was read, again and again.
///
/// The functions that tell definitions (`pg_get_indexdef` and its like) look at what is committed by now, not at the snapshot
/// (so says the comment at the head of PostgreSQL's `pg_dump.c`): of what was dropped meanwhile they tell nothing, or fail.
public struct CatalogueChange: Error, CustomStringConvertible {
    /// What the last attempt met.
    let reason: any Error

    public var description: String { "cannot read the schema, it seems to change all the time: \(reason)" }

    /// The codes for what is gone: `internal_error` ("cache lookup failed"), `undefined_table`, `undefined_object`.
    private static let gone: Set<String> = ["XX000", "42P01", "42704", "42883"]

    /// Whether that may be why a reading failed.
    static func isReason(of error: any Error) -> Bool {
        switch error {
        case is DecodingError, is FieldError: true
        case let error as ServerError: gone.contains(error.sqlState)
        default: false
        }
    }
}

/// Why a statement must not be in a revision: it would take the transaction, the lock or the session from the executor.
public enum Prohibition: String, Sendable, Hashable, CaseIterable {
    /// BEGIN, COMMIT, ROLLBACK and their kin.
    case transactionControl
    /// PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED.
    case twoPhaseCommit
    /// DISCARD ALL.
    case discardAll
    /// RESET ALL.
    case resetAll
    /// DEALLOCATE ALL.
    case deallocateAll
    /// A call of `pg_advisory_unlock` or one of its kin.
    case advisoryUnlock
    /// SET or RESET SESSION AUTHORIZATION.
    case sessionAuthorization
    /// COPY … TO STDOUT.
    case copyToClient

    /// What would go wrong, as one sentence without a final stop.
    public var reason: String {
        switch self {
        case .transactionControl: "it would begin or end a transaction, and those of a revision belong to the executor"
        case .twoPhaseCommit: "it would take a transaction away from the session, or end one that is not the revision's"
        case .discardAll: "it would drop the lock that keeps other runners out"
        case .resetAll: "it would undo the settings that guard the lock and the waiting for locks"
        case .deallocateAll: "it would drop the prepared statements with which the executor records the outcome"
        case .advisoryUnlock: "it may drop the lock that keeps other runners out"
        case .sessionAuthorization: "the outcome would be recorded as another user"
        case .copyToClient: "nobody reads what it sends"
        }
    }

    /// What to do about it, as an imperative.
    public var hint: String {
        switch self {
        case .transactionControl:
            "remove it: a revision is one transaction, or none with \"-- transaction: off\"; a SAVEPOINT is allowed"
        case .twoPhaseCommit: "remove it, and end prepared transactions outside of revisions"
        case .discardAll: "name what shall go: DISCARD TEMP, DISCARD PLANS, DISCARD SEQUENCES, RESET parameter"
        case .resetAll: "name the parameters: RESET parameter"
        case .deallocateAll: "name the statement: DEALLOCATE statement"
        case .advisoryUnlock: "use pg_advisory_xact_lock, which is given back with the transaction"
        case .sessionAuthorization: "use SET LOCAL ROLE, or give the database a role in the settings"
        case .copyToClient: "remove it, or select into a table"
        }
    }
}

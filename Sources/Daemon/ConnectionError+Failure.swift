public import Control
public import Planning
public import PostgresClient

/// A session that ends while somebody is being answered: the daemon connects again, and whoever asks again is answered.
extension ConnectionError: FailureConvertible {
    /// What somebody is told who was being answered.
    public var failure: Failure {
        Failure(.databaseUnavailable, "cannot answer: \(message)", hint: hint ?? "call again in a moment")
    }
}

extension CommitOutcomeUnknown: FailureConvertible {
    /// The same: whoever asks again learns the outcome.
    public var failure: Failure { reason.failure }
}

public import Planning

/// An error of another module that a person can be told of as a failure.
public protocol FailureConvertible: Error {
    /// What the person is told.
    var failure: Failure { get }
}

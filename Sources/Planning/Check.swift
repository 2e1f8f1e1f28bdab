/// One thing that was examined.
public struct Check: Sendable, Hashable, Codable {
    /// How it turned out.
    public enum Outcome: String, Sendable, Hashable, Codable {
        case good, warning, bad
    }

    /// `main: pg_dump`, `settings`, …
    public var subject: String
    public var outcome: Outcome
    public var message: String
    public var hint: String?

    public init(subject: String, outcome: Outcome, message: String, hint: String? = nil) {
        self.subject = subject
        self.outcome = outcome
        self.message = message
        self.hint = hint
    }
}

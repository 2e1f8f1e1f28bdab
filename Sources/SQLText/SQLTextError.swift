/// Why a text is not SQL that can be applied, and where.
public struct SQLTextError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as one sentence without a final stop.
    public var message: String
    /// The beginning of what is wrong.
    public var position: SourcePosition
    /// What to do about it, as an imperative.
    public var hint: String?

    /// Makes an error of its parts.
    public init(message: String, position: SourcePosition, hint: String? = nil) {
        self.message = message
        self.position = position
        self.hint = hint
    }

    /// `line:column: message`.
    public var description: String {
        "\(position.line):\(position.column): \(message)"
    }
}

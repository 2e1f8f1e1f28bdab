/// A method of `io.migrated.Control`: its name and the types of what goes in and what comes out.
///
/// A method that streams declares in `Reply` the union of all its replies.
public protocol ControlMethod: Sendable {
    associatedtype Parameters: Codable & Sendable
    associatedtype Reply: Codable & Sendable

    /// The member name in the interface, such as `GetStatus`.
    static var name: String { get }

    /// Whether the method may answer several times when the caller asks for more.
    static var isStreaming: Bool { get }
}

extension ControlMethod {
    /// One call, one answer, unless a method says otherwise.
    public static var isStreaming: Bool { false }

    /// The name on the wire: interface and member.
    public static var qualifiedName: String { "\(ControlInterface.name).\(name)" }
}

/// A reply without parameters.
public struct Nothing: Sendable, Hashable, Codable {
    /// Makes it.
    public init() {}
}

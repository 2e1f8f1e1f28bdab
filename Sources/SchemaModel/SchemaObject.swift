/// One thing in a schema: a value with a key, that can say how it is made, removed and changed.
///
/// Names and expressions are in PostgreSQL's own spelling, fully qualified and quoted, so that equal text means equal
/// things. A kind of object is one file with one type.
public protocol SchemaObject: Codable, Equatable, Sendable {
    /// What it is called.
    var id: ObjectID { get }
    /// What it is a part of: dropping that takes this along.
    var container: ObjectID? { get }
    /// The objects that are parts of it and are kept in it.
    var parts: [any SchemaObject] { get }
    /// Names of which a database has only one, whatever the kind.
    var claims: [String] { get }
    /// Whether the statement that makes the container makes this too.
    var isMadeWithContainer: Bool { get }
    /// Whether it comes by itself to a container that is there already.
    var comesByItself: Bool { get }
    /// The statements that make it.
    var creation: [String] { get }
    /// The statements that remove it.
    var removal: [String] { get }
    /// How this one becomes `desired`, which differs from it.
    func change(to desired: Self) -> ObjectChange
    /// Whether both are equal, parts aside.
    func isSame(as other: Self) -> Bool
}

/// How an object becomes another of the same name.
public enum ObjectChange: Sendable, Equatable {
    /// It is removed and made anew, and so is what depends on it.
    case anew
    /// It stays and is altered; of what depends on it, the kinds in `remaking` have to be out of the way meanwhile.
    case inPlace([String], remaking: Set<ObjectKind> = [])
}

extension SchemaObject {
    /// None.
    public var container: ObjectID? { nil }
    /// None.
    public var parts: [any SchemaObject] { [] }
    /// None.
    public var claims: [String] { [] }
    /// It is not.
    public var isMadeWithContainer: Bool { false }
    /// It does not.
    public var comesByItself: Bool { false }
    /// Removed and made anew.
    public func change(to desired: Self) -> ObjectChange { .anew }
    /// Plain equality.
    public func isSame(as other: Self) -> Bool { self == other }

    func isSame(asAny other: any SchemaObject) -> Bool {
        (other as? Self).map(isSame(as:)) ?? false
    }

    func change(toAny desired: any SchemaObject) -> ObjectChange {
        (desired as? Self).map(change(to:)) ?? .anew
    }
}

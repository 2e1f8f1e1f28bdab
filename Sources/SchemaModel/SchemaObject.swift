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
    /// Whether it comes and goes with the same thing of the table's parent.
    var isInherited: Bool { get }
    /// Whether it comes by itself to a container that is there already.
    var comesByItself: Bool { get }
    /// The statements that make it.
    var creation: [String] { get }
    /// The statements that remove it.
    var removal: [String] { get }
    /// What cannot be had back once it is dropped, as a sentence; nil where nothing is lost.
    var loss: String? { get }
    /// How it is made where others use what it is a part of.
    func creationStages(in surroundings: Surroundings) -> [DDLStage]
    /// How it is removed where others use what it is a part of.
    func removalStages(in surroundings: Surroundings) -> [DDLStage]
    /// How `statements`, which make `desired` of it, are carried out where others use what it is a part of.
    func changeStages(to desired: Self, _ statements: [String], in surroundings: Surroundings) -> [DDLStage]
    /// What is altered before values are read as those of `desired`, which takes the place of this type.
    func alignment(to desired: Self) -> [String]
    /// What may go wrong with values that become those of `desired`.
    func troubles(to desired: Self) -> [String]
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
    public var isInherited: Bool { false }
    /// It does not.
    public var comesByItself: Bool { false }
    /// Nothing.
    public var loss: String? { nil }
    /// At once.
    public func creationStages(in surroundings: Surroundings) -> [DDLStage] { [DDLStage(creation)] }
    /// At once.
    public func removalStages(in surroundings: Surroundings) -> [DDLStage] { [DDLStage(removal)] }
    /// At once.
    public func changeStages(to desired: Self, _ statements: [String], in surroundings: Surroundings) -> [DDLStage] {
        [DDLStage(statements)]
    }
    /// Nothing.
    public func alignment(to desired: Self) -> [String] { [] }
    /// Nothing.
    public func troubles(to desired: Self) -> [String] { [] }
    /// Removed and made anew.
    public func change(to desired: Self) -> ObjectChange { .anew }
    /// Plain equality.
    public func isSame(as other: Self) -> Bool { self == other }

    func isSame(asAny other: any SchemaObject) -> Bool {
        (other as? Self).map(isSame(as:)) ?? false
    }

    func changeStages(
        toAny desired: any SchemaObject, _ statements: [String], in surroundings: Surroundings
    ) -> [DDLStage] {
        (desired as? Self).map { changeStages(to: $0, statements, in: surroundings) } ?? [DDLStage(statements)]
    }

    func alignment(toAny desired: any SchemaObject) -> [String] {
        (desired as? Self).map(alignment(to:)) ?? []
    }

    func troubles(toAny desired: any SchemaObject) -> [String] {
        (desired as? Self).map(troubles(to:)) ?? []
    }

    func change(toAny desired: any SchemaObject) -> ObjectChange {
        (desired as? Self).map(change(to:)) ?? .anew
    }
}

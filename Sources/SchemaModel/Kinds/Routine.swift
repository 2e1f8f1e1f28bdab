/// A function, a procedure or an aggregate.
public struct Routine: SchemaObject {
    /// Its qualified name with the types of its arguments.
    public var name: String
    /// Its qualified name with the types alone: what a database has only one of.
    public var signature: String
    /// `FUNCTION`, `PROCEDURE` or `AGGREGATE`.
    public var type: String
    /// Its arguments, with names and defaults.
    public var arguments: String
    /// What it gives.
    public var result: String?
    /// The statement that makes or replaces it.
    public var definition: String

    /// `routine name`.
    public var id: ObjectID { ObjectID(.routine, name) }
    /// The signature.
    public var claims: [String] { ["routine \(signature)"] }
    /// Makes it.
    public var creation: [String] { [definition] }
    /// Drops it.
    public var removal: [String] { ["DROP \(type) \(name)"] }

    /// Replaced where it is called as before.
    public func change(to desired: Self) -> ObjectChange {
        let isCalledAlike = (type, arguments, result) == (desired.type, desired.arguments, desired.result)
        return isCalledAlike && type != "AGGREGATE" ? .inPlace(desired.creation) : .anew
    }
}

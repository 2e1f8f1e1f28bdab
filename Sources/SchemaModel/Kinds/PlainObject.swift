/// A thing that is made and dropped, and never altered: an operator, a cast, a piece of text search, a foreign server.
public struct PlainObject: SchemaObject {
    /// What it is.
    public var kind: ObjectKind
    /// Its name, with all that makes it unique among its kind.
    public var name: String
    /// The statements that make it.
    public var creation: [String]
    /// The statements that remove it.
    public var removal: [String]

    /// What was only spoken of so far is said.
    public func change(to desired: Self) -> ObjectChange {
        creation.isEmpty ? .inPlace(desired.creation) : .anew
    }

    /// By kind and name.
    public var id: ObjectID { ObjectID(kind, name) }
}

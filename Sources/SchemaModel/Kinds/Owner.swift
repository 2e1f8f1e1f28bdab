/// That something belongs to another than the one who looks.
public struct Owner: SchemaObject {
    /// What belongs to somebody.
    public var subject: ObjectID
    /// As ALTER names it: `TABLE public.orders`.
    public var target: String
    /// Whose it is.
    public var role: String

    /// Makes a value.
    public init(subject: ObjectID, target: String, role: String) {
        self.subject = subject
        self.target = target
        self.role = role
    }

    /// By what belongs to somebody.
    public var id: ObjectID { ObjectID(.owner, subject.description) }
    /// What belongs to somebody.
    public var container: ObjectID? { subject }
    /// Gives it away.
    public var creation: [String] { ["ALTER \(target) OWNER TO \(role)"] }
    /// Takes it.
    public var removal: [String] { ["ALTER \(target) OWNER TO CURRENT_USER"] }
    /// Gives it to another.
    public func change(to desired: Self) -> ObjectChange { .inPlace(desired.creation) }
}

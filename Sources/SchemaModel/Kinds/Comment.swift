import SQLText

/// A comment.
public struct Comment: SchemaObject {
    /// What it is about.
    public var subject: ObjectID
    /// As COMMENT ON names it: `COLUMN public.orders.id`.
    public var target: String
    /// What it says.
    public var text: String

    /// Makes a value.
    public init(subject: ObjectID, target: String, text: String) {
        self.subject = subject
        self.target = target
        self.text = text
    }

    /// By what it is about.
    public var id: ObjectID { ObjectID(.comment, target) }
    /// What it is about.
    public var container: ObjectID? { subject }
    /// Says it.
    public var creation: [String] { ["COMMENT ON \(target) IS \(SQLIdentifier.quoteLiteral(text))"] }
    /// Says nothing.
    public var removal: [String] { ["COMMENT ON \(target) IS NULL"] }
    /// Says something else.
    public func change(to desired: Self) -> ObjectChange { .inPlace(desired.creation) }
}

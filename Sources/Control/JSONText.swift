import Varlink

/// Values as JSON text, in the same form in which they travel.
public enum JSONText {
    /// One line without its end; members sorted by name.
    public static func encode(_ value: some Encodable) throws -> String {
        String(decoding: try JSONValue(encoding: value).serialized(), as: UTF8.self)
    }

    /// Reads what `text` says.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from text: String) throws -> Value {
        try JSONValue(parsing: text.utf8).decode(type)
    }
}

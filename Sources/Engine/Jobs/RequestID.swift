import FoundationEssentials
public import Planning

/// The UUID with which a caller makes a call repeatable.
public enum RequestID {
    /// - Throws: `Failure` `usage` for anything but a UUID.
    public static func parse(_ text: String) throws(Failure) -> String {
        guard let id = UUID(uuidString: text) else {
            throw Failure(.usage, "cannot take the request: its requestId is not a UUID", hint: "send a UUID")
        }
        return id.uuidString.lowercased()
    }

    /// A new one, that nobody else has.
    public static func random() -> String { UUID().uuidString.lowercased() }
}

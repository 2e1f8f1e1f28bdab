/// Which statements the session has prepared. A text is prepared when it is seen for the second time.
///
/// Bounded: statements are never closed one by one; when there is no room, a new text just is not prepared.
struct StatementCache {
    enum Decision: Equatable {
        case runUnprepared
        case prepare(name: String)
        case run(name: String)
    }

    private struct Key: Hashable {
        let text: String
        let types: [UInt32]
    }

    static let capacity = 128
    private static let seenCapacity = 512

    private var names: [Key: String] = [:]
    private var seen: Set<Key> = []
    private var counter = 0

    /// What to do with a query that comes now.
    mutating func decide(_ query: Query) -> Decision {
        guard query.isReusable else { return .runUnprepared }
        let key = Key(text: query.text, types: query.typeSignature)
        if let name = names[key] { return .run(name: name) }
        guard seen.contains(key), names.count < Self.capacity else {
            if seen.count >= Self.seenCapacity { seen = [] }
            seen.insert(key)
            return .runUnprepared
        }
        counter += 1
        return .prepare(name: "migrated_\(counter)")
    }

    /// The server has prepared it.
    mutating func remember(_ query: Query, as name: String) {
        let key = Key(text: query.text, types: query.typeSignature)
        names[key] = name
        seen.remove(key)
    }

    /// The server no longer has it, or it no longer fits the tables.
    mutating func forgetAll() {
        names = [:]
        seen = []
    }
}

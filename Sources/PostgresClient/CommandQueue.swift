/// Names one command of a connection.
struct CommandID: Hashable, Sendable {
    let number: UInt64
}

/// Names one transaction of a connection.
struct ScopeID: Hashable, Sendable {
    let number: UInt64
}

/// Decides whose command is next: first in, first out, and nobody else's while a transaction holds the session.
///
/// A value with no I/O; `Payload` is whatever is needed to run the command.
struct CommandQueue<Payload: Sendable>: Sendable {
    struct Entry: Sendable {
        let id: CommandID
        /// The transaction that the command belongs to.
        let scope: ScopeID?
        /// Whether the command is the one that begins its transaction.
        let opensScope: Bool
        let payload: Payload
    }

    /// The transaction that holds the session.
    private(set) var holder: ScopeID?
    private var outside: [Entry] = []
    private var inside: [Entry] = []

    var isEmpty: Bool { outside.isEmpty && inside.isEmpty }

    /// Adds a command; false if it belongs to a transaction that does not hold the session (any more).
    mutating func append(_ entry: Entry) -> Bool {
        if entry.scope == nil || entry.opensScope {
            outside.append(entry)
            return true
        }
        guard entry.scope == holder else { return false }
        inside.append(entry)
        return true
    }

    /// Takes the command that may run now.
    mutating func next() -> Entry? {
        if holder != nil { return inside.isEmpty ? nil : inside.removeFirst() }
        guard !outside.isEmpty else { return nil }
        let entry = outside.removeFirst()
        if entry.opensScope { holder = entry.scope }
        return entry
    }

    /// Lets the others run again. Gives the commands of the transaction that came too late.
    mutating func release(_ scope: ScopeID) -> [Entry] {
        guard holder == scope else { return [] }
        defer { inside = [] }
        holder = nil
        return inside
    }

    /// Takes out a command that has not been started.
    mutating func remove(_ id: CommandID) -> Entry? {
        if let index = outside.firstIndex(where: { $0.id == id }) { return outside.remove(at: index) }
        if let index = inside.firstIndex(where: { $0.id == id }) { return inside.remove(at: index) }
        return nil
    }

    /// Takes out everything.
    mutating func removeAll() -> [Entry] {
        defer { (holder, inside, outside) = (nil, [], []) }
        return inside + outside
    }
}

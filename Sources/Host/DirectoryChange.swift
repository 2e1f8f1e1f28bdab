/// What a ``DirectoryWatcher`` has to say: look again, there, for these reasons.
public struct DirectoryChange: Sendable, Equatable {
    /// Why a directory is worth another look.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// Files in it came, went, were renamed or written.
        case contents
        /// It, or a link on the way to it, is another one than before, or may be.
        case replaced
        /// It was not there and now is.
        case appeared
        /// It was there and now is not.
        case disappeared
        /// There was more news than the kernel keeps: anything may have happened.
        case overflow
    }

    /// The directories, by the names that the watcher was given, and the reasons to look at them.
    public internal(set) var reasons: [String: Set<Reason>] = [:]

    /// Directories that cannot be watched, and why: whoever wants their news has to look now and then.
    public internal(set) var unwatched: [String: String] = [:]

    /// The directories to look at again.
    public var directories: Set<String> { Set(reasons.keys) }

    /// The watcher is alive, and has seen nothing.
    public var isPulse: Bool { hasPulse && reasons.isEmpty && unwatched.isEmpty }

    /// Whether a pulse is in it: see ``DirectoryWatcher``.
    var hasPulse = false

    var isEmpty: Bool { reasons.isEmpty && unwatched.isEmpty && !hasPulse }

    mutating func add(_ reason: Reason, to directory: String) { reasons[directory, default: []].insert(reason) }

    mutating func merge(_ other: DirectoryChange) {
        reasons.merge(other.reasons) { $0.union($1) }
        if !other.hasPulse { unwatched = other.unwatched }
        hasPulse = hasPulse || other.hasPulse
    }
}

import Synchronization

/// Watches directories by inotify, and says when one is worth another look.
///
/// A directory need not exist: it may come later, be removed and made again, or be reached through links that a deploy
/// swaps. So every directory on the way to it is watched as well, for the one name that the way goes through. At rest
/// nothing wakes up. A change is a hint, never the truth: several become one, and the consumer looks for itself.
public struct DirectoryWatcher: Sendable {
    /// What a watcher says.
    public typealias Change = DirectoryChange

    private let directories: [String]
    private let isRecursive: Bool
    private let pulse: Duration?
    private let matches: @Sendable (String) -> Bool

    /// Makes a watcher.
    ///
    /// - Parameters:
    ///   - directories: The directories; relative ones start at the working directory.
    ///   - recursively: Whether the directories below them are watched as well, those that come later included.
    ///   - pulse: How often it says that it is alive when there is no news; not at all where nothing is said.
    ///   - matches: Which names inside them are worth a hint; revision files, where nothing else is said.
    public init(
        directories: [String], recursively: Bool = false, pulse: Duration? = nil,
        matching matches: @escaping @Sendable (String) -> Bool = DirectoryWatcher.concernsRevisions
    ) {
        self.directories = directories
        isRecursive = recursively
        self.pulse = pulse
        self.matches = matches
    }

    /// Begins to watch and gives the hints; each call watches anew, and its watches end with the stream.
    ///
    /// Everything that happens after this call returned leads to a hint: first call this, then read the directories,
    /// then wait for hints. Nothing is lost while the consumer is busy; what comes meanwhile becomes one hint.
    public func changes() -> AsyncStream<Change> {
        let mailbox = ChangeMailbox()
        let session = WatchSession(
            directories: directories, isRecursive: isRecursive, matches: matches, mailbox: mailbox)
        session.begin(pulse: pulse)
        return AsyncStream {
            // The session lives as long as somebody can still ask for a hint.
            await withExtendedLifetimeAsync(session) { await mailbox.next() }
        } onCancel: {
            mailbox.close()
        }
    }

    /// Whether a name in a directory concerns its revisions: revision files, and the link that Kubernetes swaps when
    /// it replaces all files of a volume at once.
    public static func concernsRevisions(_ name: String) -> Bool {
        DirectoryTree.isRevisionFileName(name) || name == "..data"
    }
}

private func withExtendedLifetimeAsync<Result>(
    _ object: some AnyObject & Sendable, _ body: () async -> Result
) async -> Result {
    let result = await body()
    withExtendedLifetime(object) {}
    return result
}

/// Holds the changes that nobody has asked for yet, as one.
final class ChangeMailbox: Sendable {
    private struct State {
        var pending = DirectoryChange()
        var waiter: CheckedContinuation<DirectoryChange?, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Adds a change, and wakes whoever waits for one.
    func put(_ change: DirectoryChange) {
        guard !change.isEmpty else { return }
        let delivery = state.withLock { state -> (CheckedContinuation<DirectoryChange?, Never>, DirectoryChange)? in
            state.pending.merge(change)
            guard let waiter = state.waiter else { return nil }
            state.waiter = nil
            defer { state.pending = DirectoryChange() }
            return (waiter, state.pending)
        }
        if let (waiter, change) = delivery { waiter.resume(returning: change) }
    }

    /// The changes since the last call, as soon as there are any; nil when closed.
    func next() async -> DirectoryChange? {
        await withCheckedContinuation { continuation in
            let (ready, displaced) = state.withLock {
                state -> (DirectoryChange??, CheckedContinuation<DirectoryChange?, Never>?) in
                if state.isClosed { return (.some(nil), nil) }
                guard state.pending.isEmpty else {
                    defer { state.pending = DirectoryChange() }
                    return (.some(state.pending), nil)
                }
                let displaced = state.waiter
                state.waiter = continuation
                return (nil, displaced)
            }
            displaced?.resume(returning: nil)
            if let ready { continuation.resume(returning: ready) }
        }
    }

    /// Ends all waiting, now and later.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}

import Dispatch
import Glibc

/// The watches of one stream of changes; all state belongs to the inotify queue's own dispatch queue.
final class WatchSession: @unchecked Sendable {
    /// What a watched directory is watched for.
    private struct Watch {
        /// Names that lead to one of our directories.
        var names: Set<String> = []
        /// Our directories that it is.
        var contents: Set<String> = []
    }

    private static let contentMask =
        IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF
    private static let wayMask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
    /// As many links as the kernel itself follows.
    private static let mostLinks = 40

    private let directories: [String]
    private let isRecursive: Bool
    private let matches: @Sendable (String) -> Bool
    private let mailbox: ChangeMailbox
    private var inotify: Inotify?
    private var watches: [Int32: Watch] = [:]
    private var present: Set<String> = []
    private var unwatched: [String: String] = [:]
    private var pulse: (any DispatchSourceTimer)?

    init(
        directories: [String], isRecursive: Bool, matches: @escaping @Sendable (String) -> Bool,
        mailbox: ChangeMailbox
    ) {
        self.directories = directories
        self.isRecursive = isRecursive
        self.matches = matches
        self.mailbox = mailbox
    }

    deinit { pulse?.cancel() }

    /// Sets the watches; when this returns they stand.
    func begin(pulse: Duration?) {
        do throws(FileError) {
            let inotify = try Inotify { [weak self] events in self?.take(events) }
            inotify.queue.sync {
                self.inotify = inotify
                rebuild()
                report(DirectoryChange())
                if let pulse { beat(every: pulse, on: inotify.queue) }
            }
        } catch {
            var change = DirectoryChange()
            for directory in directories { change.unwatched[directory] = error.reason }
            mailbox.put(change)
        }
    }

    /// A pulse goes the way of the news: whoever gets it knows that news would come through.
    private func beat(every interval: Duration, on queue: DispatchQueue) {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        let milliseconds = max(1, Int(interval / .milliseconds(1)))
        timer.schedule(
            deadline: .now(), repeating: .milliseconds(milliseconds), leeway: .milliseconds(milliseconds / 10))
        timer.setEventHandler { @Sendable [mailbox] in
            var pulse = DirectoryChange()
            pulse.hasPulse = true
            mailbox.put(pulse)
        }
        timer.activate()
        self.pulse = timer
    }

    private func take(_ events: [Inotify.Event]) {
        var change = DirectoryChange()
        var wayChanged = false
        for event in events {
            if event.has(IN_Q_OVERFLOW) {
                for directory in directories { change.add(.overflow, to: directory) }
                wayChanged = true
                continue
            }
            guard let watch = watches[event.watch] else { continue }
            if event.has(IN_IGNORED) {
                watches[event.watch] = nil
                wayChanged = true
                continue
            }
            if watch.names.contains(event.name) && event.mask & UInt32(bitPattern: Self.wayMask) != 0 {
                wayChanged = true
            }
            if event.has(IN_DELETE_SELF) || event.has(IN_MOVE_SELF) || event.has(IN_UNMOUNT) { wayChanged = true }
            let isBranch = isRecursive && event.has(IN_ISDIR) && !watch.contents.isEmpty
            if isBranch && event.mask & UInt32(bitPattern: Self.wayMask) != 0 { wayChanged = true }
            if !event.name.isEmpty && (isBranch || matches(event.name)) {
                for directory in watch.contents { change.add(.contents, to: directory) }
            }
        }
        if wayChanged {
            let before = present
            rebuild()
            for directory in directories {
                switch (before.contains(directory), present.contains(directory)) {
                case (true, true): change.add(.replaced, to: directory)
                case (false, true): change.add(.appeared, to: directory)
                case (true, false): change.add(.disappeared, to: directory)
                case (false, false): break
                }
            }
        }
        report(change)
    }

    private func report(_ change: DirectoryChange) {
        var change = change
        change.unwatched = unwatched
        if !change.reasons.isEmpty || !unwatched.isEmpty { mailbox.put(change) }
    }

    /// Walks all ways anew, watching each directory on them before the next step is looked at: whatever changes
    /// behind our back is then an event.
    private func rebuild() {
        let old = watches
        watches = [:]
        present = []
        unwatched = [:]
        for directory in directories { follow(directory) }
        for watch in old.keys where watches[watch] == nil { inotify?.end(watch) }
    }

    private func follow(_ directory: String) {
        var ahead = Self.components(FilePaths.absolute(directory))
        var place = "/"
        var links = 0
        while let name = ahead.popLast() {
            if name == ".." {
                place = FilePaths.split(place).parent
                continue
            }
            // A directory on the way that may not be read is passed by; only swaps in it go unseen.
            if !watch(place, for: Self.wayMask, { $0.names.insert(name) }), errno == ENOSPC || errno == ENOMEM {
                unwatched[directory] = "there are too many watches"
            }
            let next = FilePaths.join(place, name)
            var status = stat()
            guard lstat(next, &status) == 0 else {
                if errno != ENOENT && errno != ENOTDIR { unwatched[directory] = FileError.text(of: errno) }
                return
            }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                links += 1
                guard links <= Self.mostLinks, let target = FilePaths.linkTarget(next) else {
                    unwatched[directory] = FileError.text(of: ELOOP)
                    return
                }
                if target.hasPrefix("/") { place = "/" }
                ahead += Self.components(target)
            case S_IFDIR: place = next
            default: return
            }
        }
        if watch(place, for: Self.contentMask, { $0.contents.insert(directory) }) {
            present.insert(directory)
            if isRecursive { followBranches(of: place, for: directory) }
        } else if errno != ENOENT {
            present.insert(directory)
            unwatched[directory] = FileError.text(of: errno)
        }
    }

    /// Watches what is below a directory that is watched already: what comes while we look is then an event.
    private func followBranches(of place: String, for directory: String) {
        for branch in (try? DirectoryTree.branches(of: place)) ?? [] {
            if watch(branch, for: Self.contentMask, { $0.contents.insert(directory) }) {
                followBranches(of: branch, for: directory)
            } else if errno != ENOENT {
                unwatched[directory] = FileError.text(of: errno)
            }
        }
    }

    @discardableResult
    private func watch(_ path: String, for mask: Int32, _ note: (inout Watch) -> Void) -> Bool {
        // Two ways may meet in a directory, which has one watch only: what it is watched for adds up.
        let mask = mask | IN_ONLYDIR | IN_MASK_ADD
        guard let watch = inotify?.watch(path, for: mask) else { return false }
        note(&watches[watch, default: Watch()])
        return true
    }

    /// The components of a path, the last one first.
    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init).reversed()
    }
}

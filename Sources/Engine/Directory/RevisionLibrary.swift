import Faults
import Host
public import Planning
public import Revisions
import Synchronization

/// The revisions in a database's directories, as they are now. A bad file never takes anything down: the last good graph
/// stays in force for reading, and `problems` says what is wrong.
public final class RevisionLibrary: Sendable {
    /// The directories at one moment.
    public struct Snapshot: Sendable {
        /// The last good graph.
        public var graph: RevisionGraph
        /// What is wrong now; where there is anything, nothing new is queued.
        public var problems: [Failure]
        /// The revisions that came or changed with the latest look; none with the first.
        public var arrivals: [Revision]
        /// Counts the changes.
        public var generation: UInt64
    }

    private struct State {
        var snapshot: Snapshot
        var parsed: RevisionDirectory.Loaded?
    }

    private let directories: [String]
    private let isRecursive: Bool
    private let signal: ChangeSignal
    private let state: Mutex<State>

    public init(directories: [String], isRecursive: Bool = false, signal: ChangeSignal) {
        self.directories = directories
        self.isRecursive = isRecursive
        self.signal = signal
        state = Mutex(State(snapshot: Snapshot(graph: .empty, problems: [], arrivals: [], generation: 0), parsed: nil))
    }

    /// The directory as it was when it was last read.
    public var snapshot: Snapshot { state.withLock { $0.snapshot } }

    /// Reads the directories anew. Returns whether anything is different.
    @discardableResult
    public func load() -> Bool {
        let sources = SourceFiles(in: directories, recursively: isRecursive)
        var problems = sources.problems.map(Self.problem)
        let previous = state.withLock { $0.parsed }
        let loaded = RevisionDirectory.load(
            sources.files.map { RevisionFile(path: $0.path, bytes: $0.bytes) }, reusing: previous)
        problems += loaded.problems.map { Failure($0) }
        let changed = state.withLock { state in
            let graph = problems.isEmpty ? (loaded.graph ?? state.snapshot.graph) : state.snapshot.graph
            let isSame =
                state.snapshot.generation > 0 && state.snapshot.problems == problems
                && state.parsed?.revisions.map(\.sourceDigest) == loaded.revisions.map(\.sourceDigest)
                && state.parsed?.revisions.map(\.path) == loaded.revisions.map(\.path)
            let known = Set(state.parsed?.revisions.map(\.sourceDigest) ?? [])
            let arrivals =
                state.snapshot.generation == 0
                ? [] : loaded.revisions.filter { !known.contains($0.sourceDigest) }
            state.parsed = loaded
            guard !isSame else { return false }
            // With no good graph yet, a partly good directory is better than none to look at.
            let readable = state.snapshot.generation == 0 ? (loaded.graph ?? graph) : graph
            state.snapshot = Snapshot(
                graph: readable, problems: problems, arrivals: arrivals, generation: state.snapshot.generation + 1)
            return true
        }
        if changed { signal.raise() }
        return changed
    }

    private static func problem(_ error: FileError) -> Failure {
        Failure(
            .revisionsInvalid, error.description, hint: error.hint, location: Failure.Location(path: error.path))
    }

    /// The kernel cannot watch everything (too many watches, some network file systems): there we look now and then.
    private func poll(_ supervision: Supervision, report: @Sendable (Snapshot) -> Void) async {
        while (try? await Task.sleep(for: .seconds(5))) != nil {
            supervision.beat(.directory, true)
            if load() { report(snapshot) }
        }
    }

    /// Loads again whenever the directories change, until cancelled. `report` is told of each change.
    public func watch(
        _ supervision: Supervision = .none, report: @escaping @Sendable (Snapshot) -> Void
    ) async {
        let changes = DirectoryWatcher(
            directories: directories, recursively: isRecursive, pulse: supervision.interval
        ).changes()
        // What changed between the first look and the watches would be missed without a second look.
        if load() { report(snapshot) }
        var polling: Task<Void, Never>?
        defer { polling?.cancel() }
        defer { supervision.beat(.directory, false) }
        for await change in changes {
            FaultPoint.hang("directory")
            supervision.beat(.directory, true)
            if !change.isPulse, load() { report(snapshot) }
            if !change.unwatched.isEmpty && polling == nil {
                polling = Task { await poll(supervision, report: report) }
            }
        }
    }
}

import Planning

extension DatabaseEngine {
    /// Whether a job is under way.
    public var isWorking: Bool { activity.current != nil }

    /// What is happening, in a few words, without asking the database.
    public var statusWord: String {
        switch connection {
        case .connecting: return "connecting"
        case .unavailable(let failure, _): return failure.map { $0.message } ?? "not connected"
        case .connected:
            let waiting = Self.words(for: activity.waiting)
            let problems = library.snapshot.problems.count
            guard let now = activity.current else {
                return (problems == 0 ? "idle" : "idle, \(Plural.count(problems, "problem")) in the directory")
                    + waiting
            }
            var words = "job \(now.job) \(now.stage.rawValue)"
            if let revision = now.revision { words += " \(revision)" }
            if let statement = now.statement { words += ", statement \(statement.number) of \(statement.count)" }
            if let blocker = now.blockers.first { words += ", waits for pid \(blocker.pid)" }
            return words + waiting
        }
    }

    /// The oldest job that waits for a person, and how many wait for their turn.
    private static func words(for waiting: [Activity.Waiting]) -> String {
        let parked = waiting.filter { $0.state != .queued }
        let first = parked.first.map { ", job \($0.job) \($0.state.rawValue)" } ?? ""
        let others = parked.count > 1 ? " and \(parked.count - 1) more" : ""
        let queued = waiting.count - parked.count
        return first + others + (queued > 0 ? ", \(queued) queued" : "")
    }
}

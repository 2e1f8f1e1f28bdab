import Planning
import Revisions

/// What a terminal shows while a job runs: lines that stay, and below them a few that are drawn anew. Pure: events and
/// the time go in, lines come out.
struct ProgressView: Sendable {
    /// The signs that the terminal can show.
    struct Signs: Sendable, Hashable {
        var done, notice, filled, empty, dot: String

        static let unicode = Signs(done: "✓", notice: "!", filled: "█", empty: "░", dot: "·")
        static let ascii = Signs(done: "+", notice: "!", filled: "#", empty: ".", dot: "-")

        /// UTF-8 where the locale says so.
        init(environment: [String: String]) {
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
            let isUnicode = locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
            self = isUnicode ? .unicode : .ascii
        }

        private init(done: String, notice: String, filled: String, empty: String, dot: String) {
            self.done = done
            self.notice = notice
            self.filled = filled
            self.empty = empty
            self.dot = dot
        }
    }

    let signs: Signs
    let painter: Painter
    private var job: Job?
    private var state: JobState = .queued
    private var appliedCount = 0
    private var startedAt: Timestamp?
    private var activity: String?
    private var measure = ProgressMeasure()

    init(signs: Signs, painter: Painter) {
        self.signs = signs
        self.painter = painter
    }

    /// Takes the job as it is now.
    mutating func apply(_ job: Job) {
        self.job = job
        state = job.state
        appliedCount = job.appliedCount
        if startedAt == nil { startedAt = job.startedAt ?? job.requestedAt }
    }

    /// Takes an event, and returns the lines that stay.
    mutating func apply(_ event: JobEvent) -> [String] {
        if event.state != state {
            state = event.state
            end()
        }
        let message = event.message.printable
        switch event.kind {
        case .jobQueued, .jobStateChanged, .lockAcquired, .jobSucceeded, .jobFailed, .jobCancelled:
            // How it ended is told by the verb, when nothing is drawn anew any more.
            return []
        case .backupStarted, .stepStarted, .lockWaiting:
            begin(message)
            return []
        case .backupProgress, .stepProgress:
            if let progress = event.progress { measure.add(progress, at: event.at) }
            return []
        case .rehearsalProgress, .restoreProgress:
            if let progress = event.progress { measure.add(progress, at: event.at) } else { begin(message) }
            return []
        case .backupFinished, .rehearsalFinished, .restoreFinished, .stepApplied, .databaseEmptied:
            if event.kind == .stepApplied { appliedCount += 1 }
            end()
            return ["\(painter(signs.done, .green)) \(message)"]
        case .stepRetried, .stepOverrun, .rehearsalFinding, .restoreNoticed, .blockersSeen, .blockersStay,
            .versionChangedOutside,
            .schemaDrifted,
            .jobAwaitingApproval, .jobNeedsDecision, .backupNotPruned:
            return ["\(painter(signs.notice, .yellow)) \(message)"]
        case .backupPruned:
            return ["\(painter(signs.dot, .dim)) \(message)"]
        }
    }

    /// The lines that are drawn anew: what the job is at, and how far that has come.
    func liveLines(width: Int, now: Timestamp) -> [String] {
        guard let job, !state.isFinal else { return [] }
        var parts = ["\(job.id)", "\(job.kind.rawValue) \(job.target)".trimmed, state.words]
        if job.stepCount > 0, job.kind.direction != nil {
            parts.append("\(min(appliedCount, job.stepCount)) of \(Quantity.count(job.stepCount, "revision"))")
        }
        if let startedAt, startedAt < now { parts.append(Quantity.clock(from: startedAt, to: now)) }
        var lines = [parts.joined(separator: " \(signs.dot) ").truncated(to: width)]
        if let activity { lines.append("  \(activity)".truncated(to: width)) }
        if let bar = measure.line(width: width - 2, now: now, signs: signs) { lines.append("  \(bar)") }
        return lines
    }

    private mutating func begin(_ what: String) {
        activity = what
        measure = ProgressMeasure()
    }

    private mutating func end() {
        activity = nil
        measure = ProgressMeasure()
    }
}

extension JobState {
    /// The state as words: `waiting for lock`.
    var words: String { rawValue.split(separator: "-").joined(separator: " ") }
}

extension String {
    /// Without blanks at either end.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}

import Control
import Planning

/// Shows a job while it is followed: live on a terminal, a line an event in a pipe, a JSON document a reply for programs,
/// or not at all.
actor JobDisplay {
    enum Form: Sendable { case live, lines, documents, silent }

    private let form: Form
    private let output: Output
    private let now: @Sendable () -> Timestamp
    private var view: ProgressView
    private var display: LiveDisplay
    private var lastLineAt = Timestamp(microseconds: 0)

    /// So many microseconds are between two lines of a pipe that only tell how far something has come.
    private static let pauseBetweenLines: Int64 = 10_000_000

    init(_ form: Form, session: Session) {
        self.form = form
        output = session.output
        now = session.context.now
        view = ProgressView(
            signs: ProgressView.Signs(environment: session.context.environment), painter: session.output.painter)
        display = LiveDisplay(output: session.output)
    }

    func receive(_ reply: WatchJob.Reply) throws {
        switch form {
        case .silent: break
        case .documents: try output.document(reply)
        case .lines: if let event = reply.event, isWorthALine(event) { try output.line(EventLine.brief(event)) }
        case .live:
            if let job = reply.job { view.apply(job) }
            try redraw(permanent: reply.event.map { view.apply($0) } ?? [])
        }
    }

    /// In a pipe progress is told now and then only, and success is told by the verb itself.
    private func isWorthALine(_ event: JobEvent) -> Bool {
        if event.kind == .jobSucceeded { return false }
        if event.kind.isProgress, event.at.microseconds - lastLineAt.microseconds < Self.pauseBetweenLines {
            return false
        }
        lastLineAt = event.at
        return true
    }

    /// Draws anew because time has passed.
    func tick() throws {
        guard form == .live else { return }
        try redraw(permanent: [])
    }

    /// Takes the live lines away.
    func end() throws {
        guard form == .live else { return }
        try display.draw(permanent: [], live: [])
    }

    private func redraw(permanent: [String]) throws {
        let width = output.width ?? 80
        let live = view.liveLines(width: width - 1, now: now())
        try display.draw(permanent: permanent, live: live)
    }
}

extension JobEvent.Kind {
    /// It tells only how far something has come; there may be thousands of them.
    var isProgress: Bool { [.backupProgress, .rehearsalProgress, .restoreProgress, .stepProgress].contains(self) }
}

/// An event on one line.
enum EventLine {
    /// `main-41 applying: applied 002, add status (12 ms), 2 of 3 revisions`
    static func brief(_ event: JobEvent) -> String {
        "\(event.job) \(event.state.rawValue): \(event.message.printable)\(progress(event))"
    }

    /// With the time in front: `2026-11-22 10:15:00 main-41 applying: …`
    static func full(_ event: JobEvent, painter: Painter) -> String {
        "\(painter(event.at.readable, .dim)) \(event.job) \(event.state.rawValue): "
            + painter(event.message.printable, style(event)) + progress(event)
    }

    private static func style(_ event: JobEvent) -> Style {
        switch event.kind {
        case .jobFailed, .jobNeedsDecision: .red
        case .jobSucceeded: .green
        case .stepRetried, .stepOverrun, .blockersSeen, .rehearsalFinding, .jobAwaitingApproval, .versionChangedOutside,
            .schemaDrifted,
            .jobCancelled:
            .yellow
        default: .plain
        }
    }

    private static func progress(_ event: JobEvent) -> String {
        guard let progress = event.progress else { return "" }
        let done = Quantity.amount(progress.done, unit: progress.unit)
        let total = progress.total.map { " of \(Quantity.amount($0, unit: progress.unit))" } ?? ""
        let unit = progress.unit == "bytes" ? "" : " \(progress.unit)"
        return ", \(done)\(total)\(unit)"
    }
}

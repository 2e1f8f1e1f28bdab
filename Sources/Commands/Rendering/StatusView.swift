import Control
import Planning
import Revisions

/// The first screen: a block for each database.
struct StatusView: Sendable {
    var painter: Painter

    func lines(_ reply: GetStatus.Reply) -> [String] {
        var lines: [String] = []
        for database in reply.databases { lines += block(database) + [""] }
        if reply.databases.isEmpty { lines += ["no database is configured", ""] }
        lines.append(
            painter(
                "migrated \(reply.version), pid \(reply.processID), since \(reply.startedAt.readable) UTC", .dim))
        return lines
    }

    private func block(_ database: DatabaseStatus) -> [String] {
        var lines = [heading(database)]
        func add(_ title: String, _ text: String) {
            lines.append("  " + painter(title.padded(to: 13), .dim) + text)
        }
        if let failure = database.failure { lines += diagnostic(failure) }
        if let next = database.nextAttemptAt { add("next attempt", "\(next.readable) UTC") }
        add("revision", revision(database))
        if database.autoUpgrade || database.pausedBecause != nil { add("auto upgrade", automation(database)) }
        if let backup = database.restoredFrom { add("made from", backup) }
        if let job = database.runningJob { add("running", running(job)) }
        if database.queuedCount > 0 { add("queue", "\(Quantity.count(database.queuedCount, "job")) waiting") }
        if database.parkedCount > 0 {
            add("parked", painter("\(Quantity.count(database.parkedCount, "job")) for approval or decision", .yellow))
        }
        add("last backup", database.lastBackup?.printable ?? "none")
        add("watching", watching(database))
        for warning in database.warnings { add("warning", painter(warning.printable, .yellow)) }
        let guesses = database.guesses ?? []
        for guess in guesses.prefix(Self.mostGuesses) {
            add("guess", painter("\(guess.location): \(guess.message) [\(guess.code)]".printable, .yellow))
        }
        if guesses.count > Self.mostGuesses {
            add("", "and \(guesses.count - Self.mostGuesses) more guesses: migratectl check")
        }
        for problem in database.problems { lines += diagnostic(problem) }
        return lines
    }

    private static let mostGuesses = 5

    private func heading(_ database: DatabaseStatus) -> String {
        let (mark, style): (String, Style) =
            switch database.connection {
            case .connected: ("connected", .green)
            case .connecting: ("connecting", .yellow)
            case .unavailable: ("unavailable", .red)
            case .refused: ("refused", .red)
            case .released: ("released", .yellow)
            }
        let server = database.serverVersion.map { ", PostgreSQL \($0.printable)" } ?? ""
        return painter(database.name.printable, .bold) + "  " + painter(mark, style)
            + " \(database.url.printable)\(server)"
    }

    private func diagnostic(_ failure: Failure) -> [String] {
        // Where it is comes first: an editor can go there.
        var failure = failure
        if let location = failure.location {
            failure.message = "\(location): \(failure.message)"
            failure.location = nil
        }
        return Diagnostic(failure, program: "").lines(painter: painter).enumerated().map { index, line in
            "  " + painter((index == 0 ? "problem" : "").padded(to: 13), .dim) + line
        }
    }

    private func revision(_ database: DatabaseStatus) -> String {
        let current = names(database.current, empty: "base")
        guard database.connection == .connected || !database.current.isEmpty else {
            return "not known; the directory's head is \(names(database.heads, empty: "none"))"
        }
        if database.pendingCount == 0 {
            return "\(current)\(database.heads.isEmpty ? "" : " (head)"), nothing pending"
        }
        var text = "\(current) → \(names(database.heads, empty: "none")), "
        text += painter("\(database.pendingCount) pending", .yellow)
        if database.unapprovedCount > 0 { text += painter(", \(database.unapprovedCount) not approved", .yellow) }
        return text
    }

    private func names(_ revisions: [RevisionID], empty: String) -> String {
        revisions.isEmpty ? empty : revisions.map { $0.rawValue.printable }.joined(separator: ", ")
    }

    private func automation(_ database: DatabaseStatus) -> String {
        guard let reason = database.pausedBecause else { return "on" }
        return painter("paused", .yellow)
            + ": \(reason.printable) (go on: migratectl resume -d \(database.name.printable))"
    }

    private func running(_ job: Job) -> String {
        var text = "\(job.id) \(JobSummary.title(job)): \(job.state.words)"
        if !JobSummary.progress(job).isEmpty { text += ", \(JobSummary.progress(job)) applied" }
        return text + ", for \(job.requestedBy.userName.printable)"
    }

    private func watching(_ database: DatabaseStatus) -> String {
        let directories = database.directories.map { $0.printable }.joined(separator: ", ")
        return "\(directories) (\(Quantity.count(database.revisionCount, "revision")))"
    }
}

import ArgumentParser
import Control
import Planning

/// `migratectl doctor`: what is wrong, from the socket to the disk, each with a hint.
struct DoctorCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Examine socket, daemon, settings, databases, tools and directories.")

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Take over the registry of a clone or a restored copy: say that this database is meant.")
    var adopt = false

    func run(in session: Session) async throws {
        if adopt { _ = try await session.client.call(Adopt.self, .init(database: session.database)) }
        let checks = try await examine(session)
        let bad = checks.filter { $0.outcome == .bad }.count
        if session.output.isJSON {
            try session.output.document(Diagnose.Reply(checks: checks))
        } else {
            try session.output.lines(checks.flatMap { Self.lines($0, painter: session.output.painter) })
        }
        guard bad == 0 else {
            throw Failure(.problemsFound, "cannot call this healthy: \(Quantity.count(bad, "problem")) found")
        }
    }

    /// This side first: nothing behind a closed door can be seen.
    private func examine(_ session: Session) async throws -> [Check] {
        let path = session.client.socketPath
        let status: GetStatus.Reply
        do {
            status = try await session.client.call(GetStatus.self, .init())
        } catch let failure as Failure {
            let outcome = Check(
                subject: "socket", outcome: .bad, message: failure.message, hint: failure.hint)
            return [outcome]
        }
        var checks = [
            Check(subject: "socket", outcome: .good, message: "\(path) answers"),
            Check(
                subject: "daemon", outcome: .good,
                message: "migrated \(status.version), pid \(status.processID), since \(status.startedAt.readable) UTC"),
        ]
        if status.version != ProgramVersion.current {
            checks.append(
                Check(
                    subject: "versions", outcome: .warning,
                    message: "migratectl is \(ProgramVersion.current), the daemon \(status.version)",
                    hint: "install the same version of both, then: systemctl restart migrated"))
        }
        do {
            checks += try await session.client.call(Diagnose.self, .init(database: session.database)).checks
        } catch let failure as Failure {
            checks.append(
                Check(subject: "diagnosis", outcome: .bad, message: failure.message, hint: failure.hint))
        }
        return checks
    }

    static func lines(_ check: Check, painter: Painter) -> [String] {
        let mark =
            switch check.outcome {
            case .good: painter("good", .green)
            case .warning: painter("warn", .yellow)
            case .bad: painter("bad ", .red)
            }
        let line = "\(mark)  \(check.subject.printable): \(check.message.printable)"
        guard let hint = check.hint, check.outcome != .good else { return [line] }
        return [line, "      " + painter("hint:", .cyan) + " \(hint.printable)"]
    }
}

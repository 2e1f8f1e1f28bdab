import Logging
public import Planning
import PostgresClient

/// Looks at the schema between upgrades.
extension DatabaseEngine {
    /// What was seen at the last look; nil before the first.
    public var lastDrift: DriftReport? { driftSeen?.report }

    /// Looks now.
    ///
    /// - Throws: `Failure` where there is no connection.
    public func drift() async throws -> DriftReport {
        let sessions = try await sessions()
        return try await look(sessions)
    }

    /// Takes the schema as it is for what it should be, because that person says so.
    public func acceptDrift(by person: Person) async throws -> DriftReport {
        let sessions = try await sessions()
        let watch = driftWatch(sessions)
        try await watch.accept(by: person)
        let report = try await look(sessions)
        // A job may have been waiting for this.
        signal.raise()
        await notifyOthers(sessions)
        return report
    }

    /// Looks if it is time, and never while somebody works on the schema.
    func lookIfDue(_ sessions: SessionPair) async throws {
        guard let interval = configuration.drift.interval, !configuration.takesOnlyOwnJobs else { return }
        if let seen = driftSeen, ContinuousClock.now - seen.at < interval { return }
        do {
            _ = try await look(sessions)
        } catch let error as ServerError where !error.endsSession {
            noteDrift(nil)
            logger.notice("cannot look at the schema: \(error.message)")
        }
    }

    /// Whether a job that waits for somebody to accept the drift may go on.
    func isDriftSettled(_ sessions: SessionPair) async throws -> Bool {
        configuration.drift.policy == .tell ? true : try await !look(sessions).isDrifted
    }

    private func driftWatch(_ sessions: SessionPair) -> DriftWatch {
        DriftWatch(configuration: configuration, sessions: sessions, now: now)
    }

    private func look(_ sessions: SessionPair) async throws -> DriftReport {
        let report = try await driftWatch(sessions).look().report
        let before = driftSeen?.report
        noteDrift(report)
        // Told when it comes and when it goes, not at every look.
        guard before?.changes ?? [] != report.changes else { return report }
        let event: DaemonEvent = report.isDrifted ? .schemaDrifted : .schemaAsLeft
        logger.log(
            level: report.isDrifted ? .warning : .info, "\(configuration.name): \(report.sentence)",
            metadata: ["message-id": "\(event.messageID)"])
        for change in report.told { logger.warning("\(configuration.name): drift: \(change.sentence)") }
        return report
    }
}

import Logging
import Planning
import Revisions

/// Says what happens to a job: first to the registry, where clients read it, then to the log.
struct Reporter: Sendable {
    let jobs: JobStore
    let events: EventStore
    let signal: ChangeSignal
    let logger: Logger
    var waits = WaitCounts()
    /// Whether the log may have what stands in rows and statements.
    var logsData = false

    /// Writes an event. Failing to write one never stops the work it tells of; it is said loudly instead.
    func event(
        _ job: Int64, _ kind: JobEvent.Kind, _ message: String, revision: RevisionID? = nil,
        progress: JobEvent.Progress? = nil, details: Logger.Metadata = [:]
    ) async {
        do {
            guard
                let event = try await events.append(
                    job, kind, message, revision: revision, progress: progress)
            else { return }
            announce(event, details: details)
        } catch is CancellationError {
            logger.debug("cannot write an event of the job: cancelled")
        } catch {
            logger.warning("cannot write an event of the job: \(error)")
        }
    }

    /// Tells of the revisions that were applied since the last time.
    func tellApplied(_ job: Int64) async {
        do {
            for event in try await events.tellApplied(job) { announce(event) }
        } catch is CancellationError {
            logger.debug("cannot write what was applied: cancelled")
        } catch {
            logger.warning("cannot write what was applied: \(error)")
        }
    }

    /// Logs an event that the registry has, and wakes those who wait for it.
    ///
    /// - Parameters:
    ///   - failure: What the event tells of.
    ///   - details: What only the journal has of it, by the names of its fields.
    func announce(_ event: JobEvent, failure: Failure? = nil, details: Logger.Metadata = [:]) {
        signal.raise()
        waits.note(event.kind)
        let isItsMessage = event.message == failure?.message
        let failure = logsData ? failure : failure?.withoutValues(in: event.job)
        let message = isItsMessage ? failure?.message ?? event.message : event.message
        var metadata: Logger.Metadata = [
            "job": "\(event.job)", "database": "\(event.job.database)", "state": "\(event.state.rawValue)",
            "event": "\(event.kind.rawValue)",
        ]
        if let messageID = event.kind.messageID { metadata["message-id"] = "\(messageID)" }
        if let revision = event.revision { metadata["revision"] = "\(revision)" }
        if let failure {
            metadata["failure"] = "\(failure.code.rawValue)"
            if let hint = failure.hint { metadata["hint"] = "\(hint)" }
            if let location = failure.location { metadata["location"] = "\(location)" }
            if let sql = failure.sql {
                metadata["sqlstate"] = "\(sql.sqlState)"
                if logsData, let detail = sql.detail { metadata["detail"] = "\(detail)" }
                if logsData, let statement = sql.statement { metadata["statement"] = "\(statement)" }
            }
        }
        metadata.merge(details) { own, _ in own }
        logger.log(level: event.kind.weight.level, "\(event.job): \(message)", metadata: metadata)
    }
}

extension JobEvent.Weight {
    /// What a DBA sees who asks the journal for warnings and worse: whatever needs a person, and nothing else.
    var level: Logger.Level {
        switch self {
        case .failure: .error
        case .attention: .warning
        case .notable: .notice
        case .routine: .info
        case .progress: .debug
        }
    }
}

import Control
import Planning
import TestSupport

/// A daemon, its database, and calls that persist until somebody answers: between two daemons there is none.
struct Stage: Sendable {
    let harness: DaemonHarness
    let database: TestDatabase
    let tally: Tally

    /// How long anything may take before it counts as hanging.
    static let patience = Duration.seconds(300)

    /// Daemons come back at once here: long pauses would only make a run longer.
    private static let eagerness = Patience(pauses: Array(repeating: .milliseconds(30), count: 200))

    /// Queues a job, exactly once however often it has to be asked for, and follows it to its end.
    @discardableResult
    func run(_ kind: JobKind, to target: String = "head", expecting state: JobState = .succeeded) async throws -> Job {
        let request = newRequestID()
        let job = try await persisting("queue \(kind.rawValue) \(target)") { client in
            switch kind {
            case .upgrade: try await client.call(Upgrade.self, .init(target: target, requestId: request)).job
            case .downgrade: try await client.call(Downgrade.self, .init(target: target, requestId: request)).job
            case .stamp:
                try await client.call(Stamp.self, .init(targets: [target], purge: true, requestId: request)).job
            case .rehearse: try await client.call(Rehearse.self, .init(target: target, requestId: request)).job
            case .backup: try await client.call(Backup.self, .init(requestId: request)).job
            case .restore, .reset: throw Failure(.usage, "cannot tell a story of a \(kind.rawValue) by its target")
            }
        }
        return try await end(of: job, expecting: state)
    }

    /// The same for a restore.
    @discardableResult
    func restore(_ parameters: Restore.Parameters) async throws -> Job {
        let job = try await persisting("queue a restore of \(parameters.backup)") { client in
            try await client.call(Restore.self, parameters).job
        }
        return try await end(of: job, expecting: .succeeded)
    }

    private func end(of job: Job, expecting state: JobState) async throws -> Job {
        let ended = try await follow(job)
        if ended.state != state {
            let reason = ended.failure.map { ": \($0.message)" } ?? ""
            tally.violated(
                "\(job.kind.rawValue) \(job.id) ended as \(ended.state.rawValue), not \(state.rawValue)\(reason)")
        } else if state == .succeeded {
            tally.did("\(job.kind.rawValue)s done")
        }
        return ended
    }

    /// Follows a job until it is over or waits for a person.
    func follow(_ job: Job) async throws -> Job {
        try await persisting("follow \(job.id)") { client in
            guard let last = try await client.watch(job.id, untilParked: true, receive: { _ in }) else {
                throw Failure(.daemonUnavailable, "cannot follow \(job.id): nothing came")
            }
            return last
        }
    }

    /// Calls until there is an answer that does not say that daemon or database are away.
    func persisting<R: Sendable>(
        _ what: String, _ body: @escaping @Sendable (ControlClient) async throws -> R
    ) async throws -> R {
        try await within(Self.patience, "\(what)\n\((try? harness.daemon.errors.suffix(3000)) ?? "")") {
            let client = ControlClient(socketPath: harness.socket, patience: Self.eagerness)
            defer { client.close() }
            while true {
                do {
                    return try await body(client)
                } catch let failure as Failure
                    where [.daemonUnavailable, .databaseUnavailable, .sessionLost, .serverReadOnly].contains(
                        failure.code)
                {
                    try await Task.sleep(for: .milliseconds(30))
                }
            }
        }
    }
}

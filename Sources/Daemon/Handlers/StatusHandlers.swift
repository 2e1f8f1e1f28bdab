import Control
import Engine
import Glibc
import Planning
import PostgresClient
import Revisions

extension Handlers {
    func getStatus(_ parameters: GetStatus.Parameters) async throws -> GetStatus.Reply {
        // Side by side: one that is slow to be reached must not add to the others' time.
        let engines = try engines(parameters.database)
        let statuses = await withTaskGroup(of: DatabaseStatus.self) { group in
            for engine in engines { group.addTask { await Self.status(of: engine) } }
            return await group.reduce(into: [DatabaseStatus]()) { $0.append($1) }.sorted { $0.name < $1.name }
        }
        return GetStatus.Reply(
            version: ProgramVersion.current, processID: Int64(getpid()), startedAt: startedAt, databases: statuses)
    }

    static func status(of engine: DatabaseEngine) async -> DatabaseStatus {
        await engine.waitUntilTried(upTo: .seconds(2))
        let configuration = engine.configuration
        var status = DatabaseStatus(
            name: configuration.name, connection: .connecting, url: configuration.connection.redacted)
        let snapshot = engine.library.snapshot
        status.heads = snapshot.graph.heads
        status.revisionCount = snapshot.graph.count
        status.directories = configuration.directories
        status.script = configuration.script
        status.isRecursive = configuration.isRecursive
        status.fileTemplate = configuration.fileTemplate.description
        status.problems = snapshot.problems
        status.autoUpgrade = configuration.autoUpgrade
        status.lastBackup = engine.latestBackup()
        switch engine.connectedness {
        case .connecting: break
        case .unavailable(let failure, let next):
            let refusals: [Failure.Code] = [.registryMismatch, .registryTooNew, .poolerRefused, .serverReadOnly]
            status.connection =
                switch failure?.code {
                case .released?: .released
                case let code?: refusals.contains(code) ? .refused : .unavailable
                case nil: .unavailable
                }
            status.failure = failure
            status.nextAttemptAt = next
        case .connected(let version):
            status.connection = .connected
            status.serverVersion = version
            do {
                status.add(try await engine.standing())
                if let drift = engine.lastDrift, drift.isDrifted {
                    status.warnings.append("\(drift.sentence) (see: migratectl drift)")
                    status.warnings += drift.told.map { "drift: \($0.sentence)" }
                }
            } catch {
                status.connection = .unavailable
                status.failure = error as? Failure ?? Failure(.databaseUnavailable, "cannot read the status: \(error)")
            }
        }
        return status
    }
}

extension DatabaseStatus {
    mutating func add(_ standing: DatabaseEngine.Standing) {
        current = standing.current
        pendingCount = standing.pendingCount
        unapprovedCount = standing.unapprovedCount
        runningJob = standing.openJobs.first { $0.state.isRunning || $0.state == .needsDecision }
        queuedCount = standing.openJobs.count { $0.state == .queued }
        parkedCount = standing.openJobs.count { $0.state == .awaitingApproval }
        pausedBecause = standing.pausedBecause
        restoredFrom = standing.restoredFrom?.backup
        warnings += standing.edited.map { "revision \"\($0)\" was changed after it had been applied" }
        warnings += standing.unfinished.map { "revision \"\($0)\" is to be filled in before it can be applied" }
        guesses = standing.guesses.isEmpty ? nil : standing.guesses
        problems += standing.problems
        if let expected = standing.expectedRows {
            let rows = expected.map(\.rawValue).joined(separator: ", ")
            warnings.append("the version table was changed outside: by the history it should say \"\(rows)\"")
        }
    }
}

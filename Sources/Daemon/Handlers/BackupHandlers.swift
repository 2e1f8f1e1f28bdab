import Control
import Engine
import Planning
import Varlink

extension Handlers {
    func listBackups(_ parameters: ListBackups.Parameters) throws -> ListBackups.Reply {
        let backups = try engines(parameters.database).flatMap { engine in
            engine.listBackups().map { BackupSummary($0, database: engine.configuration.name) }
        }
        return ListBackups.Reply(backups: backups.sorted { $0.takenAt > $1.takenAt })
    }

    func queueBackup(_ parameters: Backup.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.operate, of: call.peer)
        let engine = try await engineForWork(parameters.database)
        let job = try await engine.enqueueBackup(
            requestID: parameters.requestId, person: Access.person(call.peer))
        return JobReply(job: job)
    }

    /// Nothing is undone by it that could not be swapped back; but it makes databases, and may put one in another's place.
    func queueRestore(_ parameters: Restore.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.administer, of: call.peer)
        let engine = try await engineForWork(parameters.database)
        let wish = DatabaseEngine.RestoreWish(
            backup: parameters.backup, into: parameters.into, replaces: parameters.replace ?? false,
            isSchemaOnly: parameters.onlySchema ?? false, tables: parameters.tables ?? [], digest: parameters.digest)
        return JobReply(
            job: try await engine.enqueueRestore(
                wish, requestID: parameters.requestId, person: Access.person(call.peer)))
    }

    /// Needs no database, only the backup.
    func verifyBackup(_ parameters: VerifyBackup.Parameters, _ stream: ControlStream<VerifyBackup>) async throws {
        let engine = try databases.engine(parameters.database)
        let summary = try await engine.verifyBackup(
            parameters.backup, restores: parameters.noRestore != true, said: parameters.digest
        ) { message in
            if stream.more { try await stream.send(VerifyBackup.Reply(message: message, isDone: false)) }
        }
        try await stream.finish(VerifyBackup.Reply(message: summary, isDone: true))
    }
}

extension BackupSummary {
    init(_ listed: DatabaseEngine.ListedBackup, database: String) {
        self.init(
            name: listed.name, database: database, path: listed.path,
            takenAt: listed.manifest?.takenAt ?? Timestamp(microseconds: 0),
            elapsedSeconds: listed.manifest?.elapsedSeconds ?? 0, size: listed.manifest?.size ?? 0,
            versionRows: listed.manifest?.versionRows ?? [], job: listed.manifest?.job,
            isVerified: listed.problem == nil, problem: listed.problem)
    }
}

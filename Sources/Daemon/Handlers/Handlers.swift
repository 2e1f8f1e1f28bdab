import Control
import Engine
import Planning
import PostgresClient
import Systemd
import Varlink

/// What the daemon answers on its socket: one array, one line a method.
struct Handlers: Sendable {
    let databases: DatabaseSet
    let startedAt: Timestamp
    let reloading: Reloading
    let watchdog: Watchdog

    var all: [MethodHandler] {
        [
            ControlServer.handler(GetStatus.self) { parameters, _ in try await getStatus(parameters) },
            ControlServer.handler(streaming: ListRevisions.self) { try await listRevisions($0, $1) },
            ControlServer.handler(GetRevision.self) { parameters, _ in try await getRevision(parameters) },
            ControlServer.handler(streaming: GetHistory.self) { try await getHistory($0, $1) },
            ControlServer.handler(MakePlan.self, makePlan),
            ControlServer.handler(streaming: GetScript.self) { try await getScript($0, $1) },
            ControlServer.handler(Upgrade.self) { try await queue(.upgrade, $0, $1) },
            ControlServer.handler(Downgrade.self) { try await queue(.downgrade, $0, $1) },
            ControlServer.handler(Stamp.self, queueStamp),
            ControlServer.handler(EnsureVersion.self, queueVersionTable),
            ControlServer.handler(Backup.self, queueBackup),
            ControlServer.handler(ListJobs.self) { parameters, _ in try await listJobs(parameters) },
            ControlServer.handler(GetJob.self) { parameters, _ in try await getJob(parameters) },
            ControlServer.handler(streaming: WatchJob.self) { try await watchJob($0, $1) },
            ControlServer.handler(streaming: Subscribe.self) { try await subscribe($0, $1) },
            ControlServer.handler(Cancel.self, cancel),
            ControlServer.handler(Resolve.self, resolve),
            ControlServer.handler(Approve.self, approve),
            ControlServer.handler(Revoke.self, revoke),
            ControlServer.handler(ListApprovals.self) { parameters, _ in try await listApprovals(parameters) },
            ControlServer.handler(ListBackups.self) { parameters, _ in try listBackups(parameters) },
            ControlServer.handler(Diagnose.self) { parameters, _ in try await diagnose(parameters) },
            ControlServer.handler(Reload.self, reload),
            ControlServer.handler(Pause.self, pause),
            ControlServer.handler(Resume.self, resume),
            ControlServer.handler(Adopt.self, adopt),
            ControlServer.handler(Retry.self, retry),
            ControlServer.handler(GetSchema.self, getSchema),
            ControlServer.handler(Reset.self, reset),
            ControlServer.handler(Release.self, release),
            ControlServer.handler(Rehearse.self, queueRehearsal),
            ControlServer.handler(GetRehearsal.self) { parameters, _ in try await getRehearsal(parameters) },
            ControlServer.handler(GetMetrics.self) { parameters, _ in try await getMetrics(parameters) },
            ControlServer.handler(Restore.self, queueRestore),
            ControlServer.handler(streaming: VerifyBackup.self) { try await verifyBackup($0, $1) },
            ControlServer.handler(GetDrift.self, getDrift),
            ControlServer.handler(AcceptDrift.self, acceptDrift),
        ]
    }

    /// How long a call waits for the first answer of a database that is being connected to: right after the start, and
    /// each time that one comes back.
    static let patience = Duration.seconds(10)

    /// The engine of a database, once it was tried whether that can be reached: now, where a call names it.
    func engineOnceTried(_ name: String?) async throws(Failure) -> DatabaseEngine {
        let engine = try databases.engine(name)
        if name != nil { engine.tryAgain() }
        await engine.waitUntilTried(upTo: Self.patience)
        return engine
    }

    /// The same for what changes a database: one that was released is taken over again by that.
    func engineForWork(_ name: String?) async throws(Failure) -> DatabaseEngine {
        try databases.engine(name).takeOver()
        return try await engineOnceTried(name)
    }

    /// The engine of a job and the job's number.
    func find(_ job: String) async throws(Failure) -> (engine: DatabaseEngine, number: Int64) {
        guard let id = JobID(parsing: job) else {
            throw Failure(
                .noSuchJob, "cannot find job \"\(job)\": jobs are named such as main-41",
                hint: "list them: migratectl jobs")
        }
        return (try await engineOnceTried(id.database), id.number)
    }

    /// What the engines that a call is about have to say. Where none was named, one that cannot be reached keeps nobody
    /// from the others; where none at all can be reached, that is said.
    func reachable<Item>(
        _ name: String?, _ body: (DatabaseEngine) async throws -> [Item]
    ) async throws -> [Item] {
        var items: [Item] = []
        var answered = false
        var refusal: (any Error)?
        for engine in try engines(name) {
            await engine.waitUntilTried(upTo: Self.patience)
            do {
                items += try await body(engine)
                answered = true
            } catch let failure as Failure where failure.code == .databaseUnavailable {
                refusal = failure
            } catch let error as ConnectionError {
                refusal = error
            }
        }
        if let refusal, !answered { throw refusal }
        return items
    }

    /// The engines that a call is about: the named one, or all.
    func engines(_ name: String?) throws(Failure) -> [DatabaseEngine] {
        guard let name else { return databases.engines }
        let engine = try databases.engine(name)
        engine.tryAgain()
        return [engine]
    }
}

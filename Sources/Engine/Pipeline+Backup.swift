import Planning
import Revisions

/// The stage in which what may be lost is put away first.
extension Pipeline {
    /// Whether this job takes a backup. One that is asked for is taken whatever the policy says, and so is one to rehearse in.
    var wantsBackup: Bool {
        switch job.kind {
        case .backup, .rehearse: true
        case .upgrade, .downgrade, .reset: policy.hasDump || policy.hasRestorePoint
        case .stamp, .restore: false
        }
    }

    private var policy: BackupRules.Policy { configuration.backup.policy }

    private var wantsDump: Bool {
        switch job.kind {
        case .rehearse: true
        case .backup: policy != .restorePoint
        default: policy.hasDump
        }
    }

    /// - Returns: the dump, where one was taken: a restore point alone can neither be rehearsed in nor restored by us.
    mutating func backUp(before plan: Plan) async throws -> TakenBackup? {
        var point: String?
        if policy.hasRestorePoint, job.kind != .rehearse {
            let made = try await RestorePoint.make(for: job.id, on: sessions.observer)
            await reporter.event(
                job.id.number, .backupFinished, "restore point \"\(made.name)\" made, at \(made.position)")
            point = made.name
        }
        guard wantsDump else { return nil }
        let history = HistoryStore(database: configuration.name, session: sessions.observer)
        let taken = try await backups.take(
            BackupRequest(
                database: configuration.name, job: job.id, rows: plan.rowsBefore, identity: sessions.identity,
                history: try await history.latest(limit: nil), restorePoint: point))
        try await BackupStore(session: sessions.observer)
            .add(taken.manifest, path: taken.path, digest: taken.digest, job: job.id.number)
        try await reporter.jobs.setBackup(job.id.number, taken.manifest.name)
        job.backup = taken.manifest.name
        await reporter.event(
            job.id.number, .backupFinished, "backup \(taken.manifest.name) taken and verified, \(taken.sentence)")
        await prune()
        return taken
    }

    private func prune() async {
        let store = BackupStore(session: sessions.observer)
        do {
            // What could not be removed to its end before takes room still.
            await backups.removeUnfinished()
            for name in backups.beyond(keeping: try await store.neededByOpenJobs()) {
                // On record first: what is not there any more must not be taken for a backup.
                try await store.remove(name)
                try await backups.remove(name)
                await reporter.event(
                    job.id.number, .backupPruned, "backup \(name) pruned, as the settings for keeping them say")
            }
        } catch {
            await reporter.event(job.id.number, .backupNotPruned, "cannot prune old backups: \(error)")
        }
    }
}

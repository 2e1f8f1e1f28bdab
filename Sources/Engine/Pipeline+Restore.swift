import Digest
import Host
import Planning
import PostgresClient
import Revisions

/// The stages of a restore.
extension Pipeline {
    /// The restored database has the name of the present one: the sessions are gone, and whoever connects next finds the job
    /// in the new database's registry, where it says how it ended.
    struct Moved: Error {}

    private func request() async throws -> RestoreRequest {
        guard let request = try await RestoreStore(session: sessions.observer).request(of: job.id.number) else {
            throw Failure(.internalError, "cannot restore by \(job.id): the registry does not say what")
        }
        return request
    }

    /// What replaces data needs the consent of as many as a revision does; an empty database has none.
    func missingForRestore() async throws -> MissingApproval? {
        let request = try await request()
        let policy = configuration.policy
        guard request.replaces, policy.approvals > 0, try await !isRestored(by: request),
            try await !DatabaseContents.isEmpty(sessions.observer)
        else { return nil }
        let approvals = try await ApprovalStore(session: sessions.observer)
            .standing(for: [request.approval.contentDigest])
        return policy.missing(of: [request.approval], approvals: approvals, requester: job.requestedBy).first
    }

    mutating func restore() async throws {
        let request = try await request()
        if try await !isRestored(by: request) {
            if let missing = try await missingForRestore() { throw ApprovalsRevoked(missing: [missing]) }
            try await enter(.applying, "restoring \(request.backup)\(request.into.map { " into \"\($0)\"" } ?? "")")
            try await make(request)
        }
        try await enter(.verifying, "verifying")
        if request.replaces {
            let backup = try find(request)
            try await verify(
                Plan(rowsBefore: backup.manifest.versionRows, steps: []),
                rowsAfter: backup.manifest.versionRows.sorted())
        }
        job.backup = request.backup
        try RestoreLedger.remove(configuration.restoreLedger)
    }

    private func find(_ request: RestoreRequest) throws -> RestorableBackup {
        try RestorableBackup.find(
            request.backup, rules: configuration.backup, database: configuration.name,
            registered: request.manifestDigest)
    }

    /// Whether the database is there already, made by this job before a daemon ended.
    private func isRestored(by request: RestoreRequest) async throws -> Bool {
        if request.replaces {
            return try await RestoreStore(session: sessions.observer).descent(database: configuration.name)?.job
                == job.id
        }
        // The ledger may have been forgotten by then.
        if job.backup == request.backup { return true }
        let ledger = try? RestoreLedger.read(configuration.restoreLedger)
        return ledger?.job == job.id.number && ledger?.step == .named
    }

    private func make(_ request: RestoreRequest) async throws {
        let maintenance = try await MaintenanceSession.open(configuration)
        do {
            let backup = try find(request)
            var ledger = try await Restoration(
                configuration: configuration, sessions: sessions, backup: backup, request: request, job: job,
                maintenance: maintenance, reporter: reporter
            ).make()
            if request.replaces {
                try await replace(backup, request, ledger, from: maintenance)
                throw Moved()
            }
            ledger.step = .naming
            try ledger.write(configuration.restoreLedger)
            try await naming(maintenance).finish(ledger)
            try await reporter.jobs.setBackup(job.id.number, request.backup)
            await reporter.event(
                job.id.number, .restoreFinished, "database \"\(ledger.target)\" made from \(request.backup)")
        } catch {
            await maintenance.close()
            throw Restoration.outcome(error, request.backup)
        }
        await maintenance.close()
    }

    private func naming(_ maintenance: MaintenanceSession) -> DatabaseNaming {
        DatabaseNaming(configuration: configuration, maintenance: maintenance, logger: reporter.logger)
    }

    // MARK: In the place of the present database

    /// Says what will not be there any more, then closes the database, brings its registry over and swaps the names. From
    /// closing on nothing interrupts it but the end of the program.
    private func replace(
        _ backup: RestorableBackup, _ request: RestoreRequest, _ ledger: RestoreLedger,
        from maintenance: MaintenanceSession
    ) async throws {
        let named: [WrittenSince]
        do {
            named = try await nameWhatIsNew(since: backup.manifest)
            try Task.checkCancellation()
        } catch {
            try await Restoration.forget(ledger, maintenance, configuration)
            throw Restoration.outcome(error, request.backup)
        }
        let (activity, copy) = (activity, self)
        activity.isMoving = true
        defer { activity.isMoving = false }
        try await Task {
            let swap = DatabaseSwap(
                configuration: copy.configuration, sessions: copy.sessions, maintenance: maintenance, backup: backup,
                request: request, job: copy.job, reporter: copy.reporter, named: named)
            let prepared = try await swap.prepare(ledger)
            await copy.sessions.close()
            try await copy.naming(maintenance).finish(prepared)
        }.value
    }

    private func nameWhatIsNew(since manifest: BackupManifest) async throws -> [WrittenSince] {
        let session = try await MaintenanceSession.connect(configuration, to: sessions.identity.databaseName)
        let found: [WrittenSince]
        do {
            found = try await WrittenSince.read(manifest, identity: sessions.identity, on: session)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
        if found.isEmpty {
            await reporter.event(job.id.number, .restoreProgress, "nothing was committed since the backup")
        }
        await found.tell(of: job.id.number, to: reporter)
        return found
    }
}

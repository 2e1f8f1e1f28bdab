import Host
import Planning
import PostgresClient
import SQLText

/// The last moments of a database that is replaced: closed to all but us, its registry brought over into the one that takes
/// its place.
struct DatabaseSwap: Sendable {
    let configuration: DatabaseConfiguration
    let sessions: SessionPair
    let maintenance: MaintenanceSession
    let backup: RestorableBackup
    let request: RestoreRequest
    let job: Job
    let reporter: Reporter
    /// What was committed since the backup, as far as it was counted while everybody could still write.
    let named: [WrittenSince]

    /// How long the database stays closed for the rest of that to be counted.
    private static let patience = Duration.seconds(10)

    /// Does all that can be taken back. When this returns, the ledger says that the names are to be given.
    ///
    /// - Throws: what went wrong; the database is open again then, and what was made is gone. `Restoration.Unsettled` where
    ///   that could not be done yet.
    func prepare(_ ledger: RestoreLedger) async throws -> RestoreLedger {
        do {
            try await maintenance.setOpen(false, ledger.target)
            try await maintenance.endSessions(
                of: sessions.identity.databaseOID, sparing: [sessions.worker.backendPID, sessions.observer.backendPID])
            await nameTheRest()
            let session = try await MaintenanceSession.connect(configuration, to: ledger.beside)
            do {
                try await bringOver(ledger, into: session)
            } catch {
                await session.close()
                throw error
            }
            await session.close()
            var named = ledger
            named.step = .naming
            try named.write(configuration.restoreLedger)
            return named
        } catch {
            try await Restoration.forget(ledger, maintenance, configuration)
            throw Restoration.outcome(error, request.backup)
        }
    }

    /// Nobody can write any more: what was committed until then is told where it is more than what was told before.
    private func nameTheRest() async {
        do {
            let all = try await WrittenSince.read(
                backup.manifest, identity: sessions.identity, on: sessions.worker, patience: Self.patience)
            await all.filter { !named.contains($0) }.tell(of: job.id.number, to: reporter)
        } catch {
            await reporter.event(
                job.id.number, .restoreNoticed,
                "what was committed while it was being closed is not counted: it is in the database that is kept")
        }
        _ = try? await sessions.worker.execute("RESET statement_timeout")
    }

    private func bringOver(_ ledger: RestoreLedger, into session: Connection) async throws {
        let identity = try await ServerIdentity.read(on: session)
        let versions = try await VersionTable.find(configuration.versionTable, on: sessions.observer)
        let rows = try await versions.rows(on: sessions.worker)
        let reason = "restore of \(request.backup) by \(job.requestedBy.userName)"
        try await session.transaction { scope in
            try await RegistryCopy(source: sessions.worker, target: scope).run()
            let row = RegistryRow(session: scope)
            try await row.pause(because: try await RegistryRow(session: sessions.observer).pausedBecause() ?? reason)
            try await RestoreStore(session: scope).setDescent(request, job: job.id.number, keptAs: ledger.keptAs)
            try await StampStore(session: scope).add(
                by: job.id.number, rowsBefore: rows, rowsAfter: backup.manifest.versionRows, identity: identity)
            let jobs = JobStore(database: configuration.name, session: scope)
            let events = EventStore(database: configuration.name, session: scope)
            try await jobs.setBackup(job.id.number, request.backup)
            _ = try await events.append(job.id.number, .restoreFinished, sentence(ledger))
            if let kept = ledger.keptAs {
                _ = try await events.append(
                    job.id.number, .restoreNoticed, "to swap back: \(swapBack(ledger.target, kept))")
            }
            _ = try await jobs.move(
                job.id.number, JobStore.Move(from: .applying, to: .queued), runner: sessions.runner,
                event: .jobStateChanged, message: "restored: looking at it under its name")
        }
    }

    private func sentence(_ ledger: RestoreLedger) -> String {
        let kept = ledger.keptAs.map { "; the one before is kept as \"\($0)\"" } ?? ""
        return "database \"\(ledger.target)\" made from \(request.backup)\(kept)"
    }

    /// One command for a shell.
    private func swapBack(_ target: String, _ kept: String) -> String {
        let options = [("host", "-h"), ("port", "-p"), ("user", "-U")].compactMap { key, option in
            configuration.connection[key].map { "\(option) \($0)" }
        }
        let (name, old) = (SQLIdentifier.quote(target), SQLIdentifier.quote(kept))
        let aside = SQLIdentifier.quote(MaintenanceSession.fitting(target, "_restored_\(job.id.number)"))
        let statements = [
            "ALTER DATABASE \(name) ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(SQLIdentifier.quoteLiteral(target))",
            "ALTER DATABASE \(name) RENAME TO \(aside)", "ALTER DATABASE \(old) RENAME TO \(name)",
            "ALTER DATABASE \(aside) ALLOW_CONNECTIONS true",
        ]
        let commands = statements.map { "-c \(Self.shell($0))" }
        return (["psql -X -v ON_ERROR_STOP=1"] + options + ["-d postgres"] + commands).joined(separator: " ")
    }

    /// A word for a shell.
    private static func shell(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

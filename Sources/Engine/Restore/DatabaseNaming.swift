import Host
import Logging
import Planning
import PostgresClient

/// Gives a database that was made from a backup its name, and the one that has it another. The ledger says what is meant;
/// every step may have been done already by a daemon that is no more.
struct DatabaseNaming: Sendable {
    let configuration: DatabaseConfiguration
    let maintenance: MaintenanceSession
    let logger: Logger

    /// Goes on with whatever a restore has left: takes back what is not whole, finishes what is. Comes before the database is
    /// connected to, which may be closed, or have no name at present.
    static func settle(_ configuration: DatabaseConfiguration, logger: Logger) async throws {
        let ledger: RestoreLedger?
        do {
            ledger = try RestoreLedger.read(configuration.restoreLedger)
        } catch {
            throw Failure(.restoreFailed, "cannot go on with a restore: \(error)", hint: error.hint)
        }
        guard let ledger, ledger.step != .named else { return }
        let maintenance = try await MaintenanceSession.open(configuration)
        do {
            switch ledger.step {
            case .making: try await Restoration.takeBack(ledger, maintenance, configuration)
            case .naming:
                try await DatabaseNaming(configuration: configuration, maintenance: maintenance, logger: logger)
                    .finish(ledger)
            case .named: break
            }
        } catch {
            await maintenance.close()
            throw error
        }
        await maintenance.close()
    }

    /// Gives the names that the ledger says, and writes there that they are given.
    func finish(_ ledger: RestoreLedger) async throws {
        guard let new = ledger.newOID, let present = try await maintenance.name(of: new) else {
            throw Failure(
                .restoreFailed,
                "cannot go on with restore \(configuration.name)-\(ledger.job): its new database is gone",
                hint: "see which databases there are, then remove \"\(configuration.restoreLedger)\"")
        }
        if present != ledger.target {
            try await putAside(ledger)
            try await maintenance.endSessions(of: new, sparing: [])
            try await maintenance.rename(present, to: ledger.target)
        }
        try await maintenance.setOpen(true, ledger.target)
        if let old = ledger.oldOID, let kept = try await maintenance.name(of: old), kept != ledger.target {
            try await maintenance.setOpen(true, kept)
            try await conclude(ledger.job, in: kept)
        }
        var done = ledger
        done.step = .named
        try done.write(configuration.restoreLedger)
    }

    /// Frees the name: of the database that is replaced, and of one that somebody made in the moment when nobody had it.
    private func putAside(_ ledger: RestoreLedger) async throws {
        guard let holder = try await maintenance.number(of: ledger.target) else { return }
        let name =
            holder == ledger.oldOID
            ? ledger.keptAs ?? ledger.target + "_before" : MaintenanceSession.fitting(ledger.target, "_made_meanwhile")
        if holder != ledger.oldOID {
            logger.warning(
                "\(configuration.name): somebody made a database \"\(ledger.target)\", it is called \"\(name)\" now")
        }
        try await maintenance.setOpen(false, ledger.target)
        try await maintenance.endSessions(of: holder, sparing: [])
        try await maintenance.rename(ledger.target, to: try await maintenance.unusedName(name))
        if holder != ledger.oldOID, let stranger = try await maintenance.name(of: holder) {
            try await maintenance.setOpen(true, stranger)
        }
    }

    /// The database that was replaced has a registry of its own, in which the job still runs: should it get its name back, it
    /// must not begin anew.
    private func conclude(_ job: Int64, in database: String) async throws {
        let session = try await MaintenanceSession.connect(configuration, to: database)
        do {
            let jobs = JobStore(database: configuration.name, session: session)
            _ = try await jobs.move(
                job, JobStore.Move(from: .applying, to: .cancelled, isRecovery: true), runner: nil,
                event: .jobCancelled,
                message: "this is the database that was replaced by it; what came after is not here")
            let row = RegistryRow(session: session)
            if try await row.pausedBecause() == nil {
                try await row.pause(because: "replaced by restore \(configuration.name)-\(job)")
            }
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }
}

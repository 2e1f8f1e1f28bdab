import Host
import Planning
import PostgresClient
import Revisions
import SQLText

/// Makes a database from a backup beside those that there are, and says when it is whole. What is made has a name of its own
/// until then, and the ledger knows it.
struct Restoration: Sendable {
    let configuration: DatabaseConfiguration
    /// The job's own database, which goes on meanwhile.
    let sessions: SessionPair
    let backup: RestorableBackup
    let request: RestoreRequest
    let job: Job
    let maintenance: MaintenanceSession
    let reporter: Reporter

    private var manifest: BackupManifest { backup.manifest }

    /// Makes it, and returns the ledger as it is then.
    ///
    /// - Throws: `Failure`, `CancellationError`; nothing is left then.
    func make() async throws -> RestoreLedger {
        let target = request.into ?? sessions.identity.databaseName
        let old = request.replaces ? try await maintenance.number(of: target) : nil
        try await maintenance.demandRights(replacing: old)
        if let name = request.into, try await maintenance.number(of: name) != nil {
            throw Failure(
                .restoreFailed, "cannot restore into \"\(name)\": there is a database of that name",
                hint: "choose another one: --into NAME")
        }
        await tell("checking the hashes of \(manifest.name)")
        try await backup.checkHashes(jobs: configuration.backup.jobs)
        let tools = try await PostgresTools.discover(
            serverVersion: maintenance.session.serverVersion, preferred: configuration.backup.tools)
        // A name that nobody else thinks of: whoever finds it in the ledger may drop what has it.
        let beside = MaintenanceSession.fitting(target, "_restoring_\(RequestID.random().prefix(8))")
        var ledger = RestoreLedger(
            job: job.id.number, step: .making, beside: beside, target: target, keptAs: nil, oldOID: old)
        if old != nil {
            let stamp = (job.startedAt ?? job.requestedAt).compact
            ledger.keptAs = try await maintenance.unusedName(MaintenanceSession.fitting(target, "_before_\(stamp)"))
        }
        try ledger.write(configuration.restoreLedger)
        do {
            try await fill(&ledger, with: tools)
            return ledger
        } catch {
            try await Self.forget(ledger, maintenance, configuration)
            throw Self.outcome(error, manifest.name)
        }
    }

    private func fill(_ ledger: inout RestoreLedger, with tools: PostgresTools) async throws {
        let surroundings = RestoredSurroundings(properties: backup.properties, maintenance: maintenance)
        let made = try await surroundings.makeRoles()
        if !made.isEmpty {
            await notice("roles made, without passwords: \(made.joined(separator: ", "))")
        }
        let owner = backup.properties.shape.owner
        let isKnown = try await !maintenance.session.query(
            "SELECT FROM pg_catalog.pg_roles WHERE rolname = \(owner)"
        ).isEmpty
        try await maintenance.create(ledger.beside, like: backup.properties.shape, owner: isKnown ? owner : nil)
        ledger.newOID = try await maintenance.number(of: ledger.beside)
        try ledger.write(configuration.restoreLedger)
        try await restoreArchive(into: ledger.beside, with: tools)
        try await finish(ledger)
        // Last: what is set for the database, or withheld from us, is not in our way before.
        for sentence in try await surroundings.apply(to: ledger.beside) {
            await notice("not carried over: \(sentence)")
        }
    }

    private func restoreArchive(into database: String, with tools: PostgresTools) async throws {
        var parameters = configuration.connection
        parameters["dbname"] = database
        var restore = PostgresTools.RestoreRequest(archive: backup.archive, connection: parameters.keywordValues)
        restore.jobs = configuration.backup.jobs
        restore.isSchemaOnly = request.isSchemaOnly
        let contents = try await tools.contents(of: backup.archive)
        var listed = contents
        if !request.tables.isEmpty {
            let chosen = RestoreContents(contents, tables: request.tables)
            guard chosen.unknown.isEmpty else {
                throw Failure(
                    .restoreFailed,
                    "cannot restore table \"\(chosen.unknown[0])\": the backup has no data of it",
                    hint: "name it with its schema: --table schema.name")
            }
            if !chosen.omittedKeys.isEmpty {
                await notice("foreign keys left out: \(chosen.omittedKeys.joined(separator: "; "))")
            }
            let list = configuration.restoreLedger + ".list"
            try AtomicFile.write(list, text: chosen.lines.joined(separator: "\n") + "\n")
            (restore.listFile, listed) = (list, chosen.lines)
        }
        defer { if let list = restore.listFile { try? AtomicFile.remove(list) } }
        restore.isVerbose = true
        let wanted = restore
        let progress = RestoreProgress(contents: listed, archive: backup.archive, manifest: manifest)
        let watch = try await MaintenanceSession.connect(configuration, to: database)
        do {
            try await progress.showing(on: watch) { [reporter, number = job.id.number] progress in
                await reporter.event(
                    number, .restoreProgress, "restoring \(progress.phase ?? "")", progress: progress)
            } _: { onLine in
                try await tools.restore(wanted, onLine: onLine)
            }
        } catch {
            await watch.close()
            throw error
        }
        await watch.close()
    }

    /// Statistics for the planner, and a count of what is there now.
    private func finish(_ ledger: RestoreLedger) async throws {
        let session = try await MaintenanceSession.connect(configuration, to: ledger.beside)
        do {
            await tell("analysing \(ledger.beside)")
            try await session.execute("ANALYZE")
            try await compareCounts(on: session)
            let registry = try await makeRegistry(on: session)
            if registry, !request.replaces {
                try await RegistryInheritance(session: session).write(backup.history, of: manifest.server)
                try await RestoreStore(session: session).setDescent(request, job: nil, keptAs: nil)
            }
        } catch {
            await session.close()
            throw error
        }
        await session.close()
    }

    /// - Throws: `Failure` `restore-failed` where a table has not as many rows as the manifest says.
    private func compareCounts(on session: Connection) async throws {
        guard !request.isSchemaOnly, let tables = manifest.tables else { return }
        // An extension brings rows of its own into tables of which a dump has only those of the users.
        let ofExtensions = Set(
            try await session.query(
                """
                SELECT pg_catalog.format('%s.%s', n.nspname, c.relname) AS name FROM pg_catalog.pg_depend d
                JOIN pg_catalog.pg_class c ON c.oid = d.objid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e'
                """
            ).map { try $0.decode("name", as: String.self) })
        var compared = 0
        for table in tables {
            let plain = "\(table.schema).\(table.name)"
            let isWanted = request.tables.isEmpty || request.tables.contains { $0 == table.name || $0 == plain }
            guard isWanted, !ofExtensions.contains(plain) else { continue }
            let name = SQLIdentifier.quote([table.schema, table.name])
            let rows: Int64 = try await session.query("SELECT count(*) AS rows FROM ONLY \(raw: name)")
                .single().decode("rows")
            guard rows == table.rows else {
                throw Failure(
                    .restoreFailed,
                    "cannot restore \"\(manifest.name)\": \(name) has \(rows) rows, its manifest says \(table.rows)")
            }
            compared += 1
        }
        await tell("\(Plural.count(compared, "table")) counted, each as in the manifest")
    }

    /// The registry's tables in the new database, under its own identity; a part of a database has none.
    private func makeRegistry(on session: Connection) async throws -> Bool {
        guard !request.isSchemaOnly, request.tables.isEmpty else { return false }
        let bootstrap = RegistryBootstrap(
            database: request.replaces ? configuration.name : RegistryBootstrap.nobodysName, session: session,
            identity: try await ServerIdentity.read(on: session), owner: configuration.registryRole)
        guard try await bootstrap.ensure() == .ready else {
            throw Failure(.internalError, "cannot make the registry of \"\(manifest.name)\": somebody else is at it")
        }
        return true
    }

    // MARK: Telling

    private func tell(_ message: String) async { await reporter.event(job.id.number, .restoreProgress, message) }

    private func notice(_ message: String) async { await reporter.event(job.id.number, .restoreNoticed, message) }

    // MARK: What is not finished

    /// A restore that failed could not be taken back either. The ledger says what is left, and whoever connects next goes on
    /// with that, before anything else.
    struct Unsettled: Error {
        var reason: any Error
    }

    /// Drops what was begun, opens what was closed, and forgets both. Shielded: who is cancelled leaves nothing behind.
    ///
    /// - Throws: `Unsettled` where the server does not let us.
    static func forget(
        _ ledger: RestoreLedger, _ maintenance: MaintenanceSession, _ configuration: DatabaseConfiguration
    ) async throws {
        try await Task {
            do {
                try await takeBack(ledger, maintenance, configuration)
            } catch {
                // That its session was lost may be why the restore failed.
                try await takeBackAnew(ledger, configuration)
            }
        }.value
    }

    private static func takeBackAnew(_ ledger: RestoreLedger, _ configuration: DatabaseConfiguration) async throws {
        do {
            let maintenance = try await MaintenanceSession.open(configuration)
            do {
                try await takeBack(ledger, maintenance, configuration)
            } catch {
                await maintenance.close()
                throw error
            }
            await maintenance.close()
        } catch {
            throw Unsettled(reason: error)
        }
    }

    static func takeBack(
        _ ledger: RestoreLedger, _ maintenance: MaintenanceSession, _ configuration: DatabaseConfiguration
    ) async throws {
        if let old = ledger.oldOID, try await maintenance.name(of: old) == ledger.target {
            try await maintenance.setOpen(true, ledger.target)
        }
        try await maintenance.dropUnfinished(ledger.beside)
        try RestoreLedger.remove(configuration.restoreLedger)
    }

    static func outcome(_ error: any Error, _ backup: String) -> any Error {
        switch error {
        case let error as ToolError where error.cause == .cancelled: CancellationError()
        case let error as ToolError:
            Failure(
                error.cause == .missing || error.cause == .versionMismatch ? .toolMissing : .restoreFailed,
                "cannot restore \"\(backup)\": \(error.reason)", hint: error.hint, notes: error.standardError)
        case let error as FileError:
            Failure(error.isOutOfSpace ? .noSpace : .restoreFailed, "\(error)", hint: error.hint)
        case let error as ServerError where !error.endsSession:
            Failure(.restoreFailed, "cannot restore \"\(backup)\": \(error.message)", hint: error.hint)
        case let error as ConnectionError:
            Failure(.restoreFailed, "cannot restore \"\(backup)\": \(error.message)", hint: error.hint)
        default: error
        }
    }
}

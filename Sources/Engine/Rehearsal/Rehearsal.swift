import Digest
import Host
import Logging
import Planning
import PostgresClient
import Revisions

/// Carries out a plan in a copy of the database, restored from the backup just taken: with the same executor, as a role like
/// the one that carries it out in earnest, and with an eye on every statement.
struct Rehearsal: Sendable {
    let configuration: DatabaseConfiguration
    /// The sessions with the database itself; only its catalogues are read.
    let production: SessionPair
    let draft: Draft
    let backup: TakenBackup
    let person: Person
    let retry: LockRetry
    /// Whether the plan is to be taken back as well.
    let takesWayBack: Bool
    /// What a person is told while it lasts, and how far what takes long has come.
    let tell: @Sendable (String, JobEvent.Progress?) async -> Void

    private var rules: RehearsalRules { configuration.rehearsal }

    /// The names of directories that copies are in.
    static let prefix = "copy-"

    /// What came of it, and why the plan must not be carried out, where that was found.
    struct Outcome: Sendable {
        var report: RehearsalReport
        var failure: Failure?
    }

    /// - Throws: `CancellationError`, or `ConnectionError` where the database itself cannot be reached any more. Whatever goes
    ///   wrong with the copy is in the report.
    func run() async throws -> Outcome {
        let start = ContinuousClock.now
        var outcome = Outcome(
            report: RehearsalReport(
                planDigest: draft.plan.digest, contentDigests: draft.plan.steps.map(\.contentDigest),
                backup: backup.manifest.name))
        let shape = try await DatabaseShape.read(on: production.observer)
        outcome.report.databaseSize = shape.size
        guard shape.size <= rules.maximumSize else {
            outcome.report.outcome = .notRehearsed
            outcome.report.reason =
                "the database has \(shape.size >> 20) MiB, max_size is \(rules.maximumSize >> 20) MiB"
            return outcome
        }
        do {
            try await rehearse(shape, &outcome)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            let trouble = NoCopy(error)
            outcome.report.outcome = .notRehearsed
            outcome.report.reason = trouble.reason
            outcome.report.findings.append(
                RehearsalFinding(.notRehearsed, configuration.name, "not rehearsed: \(trouble.reason)"))
        }
        outcome.report.elapsedSeconds = (ContinuousClock.now - start).seconds
        outcome.report.findings = rules.policy.judge(outcome.report) { draft.revisions[$0.revision]?.path }
        if outcome.failure == nil { outcome.failure = refusal(outcome.report) }
        return outcome
    }

    // MARK: In the copy

    private func rehearse(_ shape: DatabaseShape, _ outcome: inout Outcome) async throws {
        let parent = FilePaths.join(rules.directory, configuration.name)
        try DirectoryTree.makePassable(parent)
        if rules.unit == nil, SystemAccount.isRoot, let account = SystemAccount.forClusters,
            let closed = account.firstClosed(onTheWayTo: parent)
        {
            throw NoCopy(
                reason: """
                    the user "\(account.name)", who serves the copy, cannot pass "\(closed)"; let everybody pass it (chmod o+x), \
                    or name a directory elsewhere under [database.\(configuration.name).rehearsal]
                    """)
        }
        // The unit's own /var/tmp is on the disk of everybody's.
        let disk = rules.unit == nil ? parent : "/var/tmp"
        try demandSpace(for: shape, in: disk)
        let clock = ContinuousClock()
        let start = clock.now
        let scratch = try await ScratchDatabase.make(
            shape, in: try DirectoryTree.makeTemporary(in: parent, prefix: Self.prefix), unit: rules.unit,
            templates: rules.templates, with: try await tools())
        outcome.report.startSeconds = (clock.now - start).seconds
        outcome.report.isCutOffFromNetwork = scratch.isCutOffFromNetwork
        do {
            let what = "restoring \(backup.manifest.name) into a copy"
            await tell(what, nil)
            let start = clock.now
            try await scratch.restore(
                FilePaths.join(backup.path, BackupShelf.dumpName), of: backup.manifest, jobs: rules.jobs
            ) { [tell] in await tell(what, $0) }
            outcome.report.restoreSeconds = (clock.now - start).seconds
            let hasRoom = try FreeSpace.available(disk) >= shape.size + configuration.backup.minimumFree
            let original = try await scratch.handOver(keepingOriginal: comparesData(shape) && hasRoom)
            try await carryOut(in: scratch, original, &outcome)
        } catch {
            await scratch.remove()
            throw error
        }
        await scratch.remove()
    }

    private func carryOut(
        in scratch: ScratchDatabase, _ original: ConnectionParameters?, _ outcome: inout Outcome
    ) async throws {
        var configuration = configuration
        configuration.connection = scratch.connection
        // What the server says of temporary files is for the measurement.
        let sessions = try await SessionPair.open(configuration, settings: [("client_min_messages", "log")])
        let reader = try await open(scratch.readerConnection)
        let originalReader = if let original { try await open(original) } else { nil as Connection? }
        do {
            outcome.report.serverVersion = "\(ToolVersion(serverVersion: sessions.worker.serverVersion))"
            try await reader.execute("ANALYZE")
            let stage = RehearsalStage(
                configuration: configuration, sessions: sessions, reader: reader, originalReader: originalReader,
                scratch: scratch, person: person, retry: retry,
                measurement: Measurement(worker: sessions.worker, looker: reader))
            try await stage.prepare()
            try await perform(on: stage, &outcome)
        } catch {
            await originalReader?.close()
            await reader.close()
            await sessions.close()
            throw error
        }
        await originalReader?.close()
        await reader.close()
        await sessions.close()
    }

    private func open(_ connection: ConnectionParameters) async throws -> Connection {
        try await Connection.open(connection, applicationName: "migrated rehearsal reader", timeout: .seconds(10))
    }

    private func perform(on stage: RehearsalStage, _ outcome: inout Outcome) async throws {
        async let look = stage.look()
        let original = try await stage.original(digests: comparesData(stage.scratch.shape))
        let before = try await look
        await tell("carrying out \(Plural.count(draft.plan.steps.count, "revision")) in the copy", nil)
        let failure = try await failure { try await stage.apply(draft.plan, revisions: draft.revisions) }
        try await outcome.report.take(stage.measurement, original)
        if let failure {
            guard !isForLackOfRights(failure, in: stage.scratch.shape) else {
                throw NoCopy(reason: "it takes rights that a copy does not give: \(failure.message)")
            }
            outcome.report.outcome = .failed
            outcome.report.reason = failure.message
            outcome.failure = Self.failure(failure, outcome.report)
            return
        }
        let after = try await stage.look()
        outcome.report.findings += try await original.dropped(on: stage.reader).map {
            finding($0, by: outcome.report.statements(changing: $0.relation))
        }
        outcome.report.findings += after.bareForeignKeys.subtracting(before.bareForeignKeys).sorted().map {
            RehearsalFinding(.unindexedForeignKey, $0, "the foreign key \($0) has no index on its columns")
        }
        outcome.report.findings += irreversible()
        guard takesBack(stage.scratch.shape) else { return }
        await tell("taking it back in the copy, and carrying it out once more", nil)
        let stuck = try await self.failure {
            outcome.report.wayBack = try await stage.wayBack(draft, from: original, before: before, after: after)
        }
        try await outcome.report.take(stage.measurement, original)
        if let stuck {
            outcome.report.findings.append(
                RehearsalFinding(
                    .downgradeDiffers, draft.plan.steps.map(\.revision.rawValue).joined(separator: ", "),
                    "the way back fails: \(stuck.message)", location: stuck.location))
        }
    }

    private func takesBack(_ shape: DatabaseShape) -> Bool {
        takesWayBack && shape.size <= rules.wayBackMaximumSize
            && draft.plan.steps.allSatisfy { $0.direction == .upgrade }
    }

    /// Whether all of the plan will be taken back, so that the data has to be what it was.
    private func comparesData(_ shape: DatabaseShape) -> Bool {
        takesBack(shape) && irreversible().isEmpty
    }

    private func failure(of body: () async throws -> Void) async throws -> Failure? {
        do {
            try await body()
            return nil
        } catch let failure as Failure {
            return failure
        }
    }

    /// A superuser may what nobody may in a copy.
    private func isForLackOfRights(_ failure: Failure, in shape: DatabaseShape) -> Bool {
        shape.isSuperuser && failure.sql?.sqlState == "42501"
    }

    // MARK: What it needs

    private func tools() async throws -> PostgresTools {
        let version = production.worker.serverVersion
        let tools = try await PostgresTools.discover(
            serverVersion: version, preferred: configuration.backup.tools, withServer: true)
        let major = ToolVersion(serverVersion: version).major
        guard tools.version.major == major else {
            throw NoCopy(reason: "no server of PostgreSQL \(major) is installed on this host")
        }
        return tools
    }

    private func demandSpace(for shape: DatabaseShape, in directory: String) throws {
        let wanted = shape.size + shape.size / 2 + configuration.backup.minimumFree
        let free = try FreeSpace.available(directory)
        guard free >= wanted else {
            throw NoCopy(
                reason:
                    "a copy needs \(wanted >> 20) MiB in \"\(directory)\", min_free among them, and \(free >> 20) MiB are free"
            )
        }
    }

    // MARK: What it says

    /// The revisions that nobody can take back, whether or not it is tried here.
    private func irreversible() -> [RehearsalFinding] {
        draft.plan.steps.filter { $0.direction == .upgrade }.compactMap { draft.revisions[$0.revision] }
            .filter { $0.section(.downgrade) == nil }.map {
                RehearsalFinding(
                    .irreversible, $0.id.rawValue, "revision \"\($0.id)\" has no downgrade",
                    location: Failure.Location(path: $0.path))
            }
    }

    /// What is dropped, and where, if only one statement comes into question.
    private func finding(_ loss: DataLoss, by statements: [StatementMeasure]) -> RehearsalFinding {
        let what =
            loss.column.map {
                "column \"\($0)\" of \"\(loss.relation)\" with \(Plural.count(Int(loss.before), "value"))"
            } ?? "table \"\(loss.relation)\" with \(Plural.count(Int(loss.before), "row"))"
        let only = statements.count == 1 ? statements.first : nil
        return RehearsalFinding(
            .dropsData, loss.relation + (loss.column.map { ".\($0)" } ?? ""), "drops \(what)",
            location: only.flatMap { statement in
                draft.revisions[statement.revision].map { Failure.Location(path: $0.path, line: statement.line) }
            })
    }

    /// Why a plan that failed in the copy is not carried out.
    private static func failure(_ failure: Failure, _ report: RehearsalReport) -> Failure {
        let prefix = "cannot apply "
        let message =
            failure.message.hasPrefix(prefix)
            ? "cannot rehearse \(failure.message.dropFirst(prefix.count))"
            : "cannot rehearse the plan: \(failure.message)"
        return Failure(
            .rehearsalFailed, message, hint: report.findings.first?.hint ?? failure.hint, location: failure.location,
            sql: failure.sql, notes: ["nothing was done to the database"] + report.findings.map(\.message))
    }

    private func refusal(_ report: RehearsalReport) -> Failure? {
        let refused = report.findings.filter { $0.action == .refuse }
        guard let first = refused.first else { return nil }
        return Failure(
            .rehearsalRefused,
            "cannot \(draft.plan.steps.first?.direction.rawValue ?? "upgrade") \"\(configuration.name)\": \(first.message)",
            hint: first.hint, location: first.location,
            notes: ["nothing was done to the database"] + refused.dropFirst().map(\.message)
                + ["refuse in [database.\(configuration.name).rehearsal] says so"])
    }

    // MARK: What is left behind

    /// Removes the copies that a daemon which died has left, those of verifications too.
    static func removeAbandoned(_ rules: RehearsalRules, database: String) async {
        let parent = FilePaths.join(rules.directory, database)
        func isAbandoned(_ name: String) -> Bool {
            name.hasPrefix(prefix)
                || name.hasPrefix(BackupVerification.prefixOfAll) && !name.hasPrefix(BackupVerification.prefix)
        }
        for name in (try? DirectoryTree.entries(of: parent)) ?? [] where isAbandoned(name) {
            try? await EmbeddedCluster.removeAbandoned(FilePaths.join(parent, name))
        }
    }
}

extension RehearsalReport {
    /// Takes over what was measured up to now, with how many rows there were at first.
    mutating func take(_ measurement: Measurement, _ original: Original) async throws {
        let result = measurement.result
        func isCounted(_ relation: RelationMeasure) -> Bool { relation.kind == .table && !relation.isNew }
        let rows = try await original.rows(
            of: Set(result.statements.flatMap(\.relations).filter(isCounted).map(\.name)))
        statements = result.statements.map { statement in
            var statement = statement
            for (index, relation) in statement.relations.enumerated() where isCounted(relation) {
                statement.relations[index].rows = rows[relation.name]
            }
            return statement
        }
        unlistedStatements = result.unlisted
        for finding in result.findings where !findings.contains(finding) { findings.append(finding) }
    }
}

extension NoCopy {
    /// What went wrong with a copy, as the reason why there is none.
    init(_ error: any Error) {
        switch error {
        case let error as NoCopy: self = error
        case let error as ToolError: self.init(reason: "\(error)" + (error.hint.map { "; \($0)" } ?? ""))
        case let error as FileError: self.init(reason: "\(error)")
        case let error as ServerError:
            self.init(
                reason:
                    "the copy's server says: \(error.report().mayTellValues ? "error \(error.sqlState)" : error.message)"
            )
        case let error as ConnectionError: self.init(reason: "the copy's server is gone: \(error.message)")
        case let error as Failure: self.init(reason: error.message)
        default: self.init(reason: "\(error)")
        }
    }
}

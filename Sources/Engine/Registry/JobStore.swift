import Digest
import FoundationEssentials
import Planning
import PostgresClient
import Revisions

/// Jobs in the registry. `move` is the only statement that changes a job's state, and only from the state that the
/// caller saw, so that two daemons cannot both move it.
struct JobStore: Sendable {
    let database: String
    let session: any PostgresSession

    /// What is queued.
    struct Request: Sendable {
        var kind: JobKind
        var target: String
        var targetRevisions: [RevisionID] = []
        var steps: [Step] = []
        var stamp: StampRequest?
        var restore: RestoreRequest?
        var planDigest: String?
        var requestID: String
        var person: Person
    }

    private static let columns = """
        number, kind, state, target, target_revisions, step_count, applied_count, request_id::text AS request_id, \
        \(Person.columns), \
        (extract(epoch FROM requested_at) * 1000000)::bigint AS requested_at, \
        (extract(epoch FROM started_at) * 1000000)::bigint AS started_at, \
        (extract(epoch FROM finished_at) * 1000000)::bigint AS finished_at, \
        failure::text AS failure, missing_approvals::text AS missing_approvals, \
        missing_findings::text AS missing_findings, backup, cancel_requested
        """

    /// Queues a job and tells other daemons, or finds the one that the same request made before.
    ///
    /// - Returns: the job, and what is to be told of one that is new.
    func enqueue(_ request: Request) async throws -> (job: Job, event: JobEvent?) {
        let summary = Self.summary(of: request)
        let inserted = try await session.query(
            """
            WITH job AS (
                INSERT INTO migrated.job (kind, state, target, target_revisions, plan_digest, step_count, request_id,
                    uid, user_name, login_uid, machine_id, event_count)
                VALUES (\(request.kind.rawValue), 'queued', \(request.target),
                    \(request.targetRevisions.map(\.rawValue)), \(request.planDigest), \(request.steps.count)::int,
                    \(request.requestID)::uuid, \(Int64(request.person.uid)), \(request.person.userName),
                    \(request.person.loginUID.map(Int64.init)), \(request.person.machineID), 1)
                ON CONFLICT (request_id) DO NOTHING
                RETURNING *
            ), step AS (
                INSERT INTO migrated.job_step (job, ordinal, revision, direction, content_digest, source_digest, step)
                SELECT job.number, item.ordinal, item.step ->> 'revision', item.step ->> 'direction',
                    item.step ->> 'contentDigest', item.step ->> 'sourceDigest', item.step
                FROM job, jsonb_array_elements(\(try RegistryJSON.encode(request.steps))::jsonb)
                    WITH ORDINALITY AS item (step, ordinal)
            ), stamp AS (
                INSERT INTO migrated.stamp (job, targets, purge)
                SELECT number, \(request.stamp?.targets.map(\.text) ?? []), \(request.stamp?.purge ?? false)
                FROM job WHERE kind = 'stamp'
            ), restore AS (
                INSERT INTO migrated.restore (job, request)
                SELECT number, \(try request.restore.map(RegistryJSON.encode))::jsonb FROM job WHERE kind = 'restore'
            ), event AS (
                INSERT INTO migrated.job_event (job, sequence, kind, state, message)
                SELECT number, 1, 'job-queued', 'queued', \(summary) FROM job
            )
            SELECT \(raw: Self.columns), pg_catalog.pg_notify('migrated', '') FROM job
            """)
        if let job = try inserted.first.map(job) {
            let event = JobEvent(
                job: job.id, sequence: 1, at: job.requestedAt, kind: .jobQueued, state: .queued, message: summary)
            return (job, event)
        }
        guard let existing = try await job(requestID: request.requestID) else {
            throw Failure(.internalError, "cannot queue the job: the registry neither took nor knows it")
        }
        return (existing, nil)
    }

    private static func summary(of request: Request) -> String {
        let preposition = request.kind == .restore ? "from" : "to"
        let what =
            request.target.isEmpty
            ? request.kind.rawValue : "\(request.kind.rawValue) \(preposition) \(request.target)"
        let steps = !request.kind.hasSteps ? "" : ", \(Plural.count(request.steps.count, "revision"))"
        return "\(what) queued by \(request.person.userName)\(steps)"
    }

    /// The job of that number; nil where there is none.
    func job(_ number: Int64) async throws -> Job? {
        try await session.query("SELECT \(raw: Self.columns) FROM migrated.job WHERE number = \(number)")
            .first.map(job)
    }

    /// The job that a request made; nil where it made none.
    func job(requestID: String) async throws -> Job? {
        try await session.query(
            "SELECT \(raw: Self.columns) FROM migrated.job WHERE request_id = \(requestID)::uuid"
        ).first.map(job)
    }

    /// How many jobs are not over.
    func openCount() async throws -> Int {
        try await session.query(
            "SELECT count(*) AS open FROM migrated.job WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"
        ).first?.decode("open") ?? 0
    }

    /// The latest jobs, newest first.
    func latest(limit: Int, onlyOpen: Bool) async throws -> [Job] {
        let open = onlyOpen ? "WHERE state NOT IN ('succeeded', 'failed', 'cancelled')" : ""
        return try await session.query(
            "SELECT \(raw: Self.columns) FROM migrated.job \(raw: open) ORDER BY number DESC LIMIT \(limit)::int"
        ).map(job)
    }

    /// The open jobs in the order in which they were queued.
    func open() async throws -> [Job] {
        try await session.query(
            """
            SELECT \(raw: Self.columns) FROM migrated.job WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
            ORDER BY number
            """
        ).map(job)
    }

    /// The jobs that wait for their turn or for a person, oldest first, but for one.
    func waiting(except job: Int64) async throws -> [Activity.Waiting] {
        try await session.query(
            """
            SELECT number, state FROM migrated.job
            WHERE state IN ('queued', 'awaiting-approval', 'needs-decision') AND number <> \(job) ORDER BY number
            """
        ).compactMap { row in
            try JobState(rawValue: try row.decode("state")).map {
                Activity.Waiting(job: try row.decode("number"), state: $0)
            }
        }
    }

    /// The steps that were pinned when the job was queued.
    func steps(of number: Int64) async throws -> [Step] {
        try await session.query(
            "SELECT step::text AS step FROM migrated.job_step WHERE job = \(number) ORDER BY ordinal"
        ).map { try RegistryJSON.decode(Step.self, from: try $0.decode("step")) }
    }

    /// Which bytes of a revision a job is about.
    struct Pin: Sendable {
        var revision: RevisionID
        var sourceDigest: SHA256Digest
    }

    /// The steps' bytes alone, which is all that planning needs of them.
    func pins(of number: Int64) async throws -> [Pin] {
        try await session.query(
            "SELECT revision, source_digest FROM migrated.job_step WHERE job = \(number) ORDER BY ordinal"
        ).map { row in
            guard let digest = SHA256Digest(hex: try row.decode("source_digest", as: String.self)) else {
                throw Failure(.registryTooNew, "cannot read the steps of a job: a digest is damaged")
            }
            return Pin(revision: RevisionID(try row.decode("revision", as: String.self)), sourceDigest: digest)
        }
    }

    /// What a change of state writes beside the state.
    struct Move: Sendable {
        var from: JobState
        var to: JobState
        var failure: Failure?
        var missing: [MissingApproval]?
        var findings: AskedFindings?
        var isRecovery = false
        /// The job has come to its end without having done anything.
        var isWithoutEffect = false
    }

    /// Moves a job from one state to the next, for the runner that has it, and writes the event. Between stages the commit
    /// does not wait for the disk: should the server crash and lose it, it has lost whatever the stage did as well. Nor does
    /// the end of a job that did nothing: the server loses it only together with all that was written later, the job is
    /// queued as it was, and there is as little to do as there was.
    ///
    /// - Returns: the event, or nil where the job was no longer in that state or no longer this runner's.
    func move(
        _ number: Int64, _ move: Move, runner: Runner?, event: JobEvent.Kind, message: String
    ) async throws -> JobEvent? {
        do {
            return try await session.query(
                try moving(number, move, runner: runner, event: event, message: message)
            ).first.map { try EventStore.event($0, database: database) }
        } catch let error as ServerError where error.constraint == "job_one_running" {
            return nil  // Another daemon has begun another job in the meantime.
        }
    }

    /// A server that crashed may have lost the job's latest events after a client had read them. Numbers are not used
    /// again: the client goes on behind the gap.
    private static let recoveryGap: Int64 = 1000

    private func moving(
        _ number: Int64, _ move: Move, runner: Runner?, event: JobEvent.Kind, message: String
    ) throws -> Query {
        """
        WITH job AS (
            UPDATE migrated.job SET state = \(move.to.rawValue),
                failure = \(try move.failure.map(RegistryJSON.encode))::jsonb,
                missing_approvals = \(try move.missing.map(RegistryJSON.encode))::jsonb,
                missing_findings = \(try move.findings.map(RegistryJSON.encode))::jsonb,
                started_at = CASE WHEN \(move.to == .planning) THEN coalesce(started_at, clock_timestamp())
                    ELSE started_at END,
                finished_at = CASE WHEN \(move.to.isFinal) THEN clock_timestamp() END,
                runner_pid = CASE WHEN \(move.to.isRunning) THEN \(runner?.pid)::int END,
                runner_started = CASE WHEN \(move.to.isRunning)
                    THEN to_timestamp(\(runner?.startedMicroseconds)::double precision / 1000000) END,
                attempts = attempts + CASE WHEN \(move.isRecovery) THEN 1 ELSE 0 END,
                cancel_requested = cancel_requested AND \(move.to != .verifying),
                event_count = event_count + CASE WHEN \(move.isRecovery) THEN \(Self.recoveryGap)::bigint ELSE 1 END
            WHERE number = \(number) AND state = \(move.from.rawValue)
                AND (\(!move.from.isRunning) OR \(move.isRecovery) OR runner_pid = \(runner?.pid)::int)
            RETURNING number, state, event_count
        )
        INSERT INTO migrated.job_event (job, sequence, kind, state, message)
        SELECT number, event_count, \(event.rawValue), state, \(message)
        FROM job, set_config('synchronous_commit', CASE WHEN \(move.to.isRunning || move.isWithoutEffect) THEN 'off'
            ELSE current_setting('synchronous_commit') END, true)
        RETURNING \(raw: EventStore.columns)
        """
    }

    /// Marks a job as to be cancelled; a runner sees it within its next look.
    func requestCancel(_ number: Int64) async throws {
        _ = try await session.query("UPDATE migrated.job SET cancel_requested = true WHERE number = \(number)")
    }

    func isCancelRequested(_ number: Int64) async throws -> Bool {
        try await session.query("SELECT cancel_requested FROM migrated.job WHERE number = \(number)")
            .first?.decode("cancel_requested") ?? false
    }

    func setBackup(_ number: Int64, _ name: String) async throws {
        _ = try await session.query("UPDATE migrated.job SET backup = \(name) WHERE number = \(number)")
    }

    func setRehearsal(_ number: Int64, _ report: RehearsalReport) async throws {
        _ = try await session.query(
            "UPDATE migrated.job SET rehearsal = \(try RegistryJSON.encode(report))::jsonb WHERE number = \(number)")
    }

    /// What the rehearsal of a job found; nil where there was none.
    func rehearsal(of number: Int64) async throws -> RehearsalReport? {
        try await session.query("SELECT rehearsal::text AS report FROM migrated.job WHERE number = \(number)")
            .first?.decode("report", as: String?.self)
            .map { try RegistryJSON.decode(RehearsalReport.self, from: $0) }
    }

    /// The latest job that was rehearsed, whatever came of it.
    func latestRehearsed() async throws -> Int64? {
        try await session.query("SELECT max(number) AS number FROM migrated.job WHERE rehearsal IS NOT NULL")
            .first?.decode("number", as: Int64?.self)
    }

    /// Running jobs whose runner's session is gone from the server, with how often they were brought back already.
    func abandoned() async throws -> [(job: Job, attempts: Int)] {
        try await session.query(
            """
            SELECT \(raw: Self.columns), attempts FROM migrated.job
            WHERE state IN (\(raw: Self.running))
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                    WHERE a.pid = runner_pid AND \(raw: Self.isRunner("a", of: "job")))
            """
        ).map { (try job($0), try $0.decode("attempts")) }
    }

    /// The states of a job that somebody is at work on.
    static let running = JobState.allCases.filter(\.isRunning).map { "'\($0.rawValue)'" }.joined(separator: ", ")

    /// A condition: the session with the runner's process id is the runner's, and not a later one that got its number. Who
    /// may not see when a session began takes it for the runner's.
    static func isRunner(_ activity: String, of job: String) -> String {
        """
        (\(activity).backend_start IS NULL \
        OR abs(extract(epoch FROM \(activity).backend_start - \(job).runner_started)) < 0.001)
        """
    }

    /// Ends the session of a job's runner. Returns its process id; nil where it is gone.
    ///
    /// Who it is stands fast before anybody is ended: a condition beside the others would be tried on any session.
    func endRunner(of number: Int64, except own: Int32) async throws -> Int32? {
        try await session.query(
            """
            WITH runner AS MATERIALIZED (
                SELECT a.pid FROM migrated.job j JOIN pg_catalog.pg_stat_activity a ON a.pid = j.runner_pid
                WHERE j.number = \(number) AND j.state IN (\(raw: Self.running)) AND a.pid <> \(own)::int
                    AND \(raw: Self.isRunner("a", of: "j"))
            )
            SELECT pid FROM runner WHERE pg_catalog.pg_terminate_backend(pid)
            """
        ).first?.decode("pid")
    }

    /// Whether the latest upgrade with this plan did not end well, was cancelled by somebody, or is still open.
    func hasTried(planDigest: String) async throws -> Bool {
        try await session.query(
            """
            SELECT state <> 'succeeded' AS tried FROM migrated.job WHERE plan_digest = \(planDigest) AND kind = 'upgrade'
            ORDER BY number DESC LIMIT 1
            """
        ).first?.decode("tried") ?? false
    }

    private func job(_ row: Row) throws -> Job {
        let kind: String = try row.decode("kind")
        let state: String = try row.decode("state")
        guard let kind = JobKind(rawValue: kind), let state = JobState(rawValue: state) else {
            throw Failure(.registryTooNew, "cannot read a job of the registry: its kind or state is not known")
        }
        let targets: [String] = try row.decode("target_revisions")
        return Job(
            id: JobID(database: database, number: try row.decode("number")), kind: kind, state: state,
            target: try row.decode("target"), targetRevisions: targets.map { RevisionID($0) },
            stepCount: try row.decode("step_count"), appliedCount: try row.decode("applied_count"),
            requestedBy: try Person(row), requestID: try row.decode("request_id"),
            requestedAt: Timestamp(microseconds: try row.decode("requested_at")),
            startedAt: try row.decode("started_at", as: Int64?.self).map { Timestamp(microseconds: $0) },
            finishedAt: try row.decode("finished_at", as: Int64?.self).map { Timestamp(microseconds: $0) },
            failure: try row.decode("failure", as: String?.self).map {
                try RegistryJSON.decode(Failure.self, from: $0)
            },
            missingApprovals: try row.decode("missing_approvals", as: String?.self)
                .map { try RegistryJSON.decode([MissingApproval].self, from: $0) },
            missingFindings: try row.decode("missing_findings", as: String?.self)
                .map { try RegistryJSON.decode(AskedFindings.self, from: $0) },
            backup: try row.decode("backup"), isCancelRequested: try row.decode("cancel_requested"))
    }
}

/// The worker's session, by which other daemons see whether a job's runner still lives.
struct Runner: Sendable, Hashable {
    var pid: Int32
    var startedMicroseconds: Int64
}

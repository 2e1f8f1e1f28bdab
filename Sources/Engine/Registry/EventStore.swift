import Planning
import PostgresClient
import Revisions

/// Events of jobs. Only the observer's session writes them, each in a statement of its own, so that what happens
/// inside a long transaction of the worker is seen while it happens.
struct EventStore: Sendable {
    let database: String
    let session: any PostgresSession

    static let columns = """
        job, sequence, (extract(epoch FROM at) * 1000000)::bigint AS at, kind, state, revision, message, \
        progress::text AS progress
        """

    /// Writes an event with the job's next sequence number; none where the job is over. Its commit does not wait for the disk: whatever must not be lost
    /// comes later in the write-ahead log and takes the event along.
    func append(
        _ job: Int64, _ kind: JobEvent.Kind, _ message: String, revision: RevisionID? = nil,
        progress: JobEvent.Progress? = nil
    ) async throws -> JobEvent? {
        try await session.query(
            """
            WITH job AS (
                UPDATE migrated.job SET event_count = event_count + 1
                WHERE number = \(job) AND finished_at IS NULL RETURNING number, state, event_count
            )
            INSERT INTO migrated.job_event (job, sequence, kind, state, revision, message, progress)
            SELECT number, event_count, \(kind.rawValue), state, \(revision?.rawValue), \(message),
                \(try progress.map(RegistryJSON.encode))::jsonb
            FROM job, set_config('synchronous_commit', 'off', true)
            RETURNING \(raw: Self.columns)
            """
        ).first.map { try Self.event($0, database: database) }
    }

    /// Writes the events of the revisions that the history has and the events have not yet told of, and counts them as
    /// applied. The history is what commits with a revision; its events follow from it, whoever writes them.
    func tellApplied(_ job: Int64) async throws -> [JobEvent] {
        try await session.query(
            """
            WITH untold AS (
                SELECT h.*, row_number() OVER (ORDER BY h.number) AS place, j.applied_count + row_number() OVER (
                    ORDER BY h.number) AS ordinal
                FROM migrated.history h JOIN migrated.job j ON j.number = h.job
                WHERE h.job = \(job) AND h.number > j.history_told
            ), fresh AS (
                SELECT h.number, h.revision, h.direction, h.elapsed_ms, h.applied_at, h.place,
                    s.step ->> 'description' AS description
                FROM untold h LEFT JOIN migrated.job_step s
                    ON s.job = h.job AND s.ordinal = h.ordinal AND s.revision = h.revision
            ), last AS (
                SELECT max(number) AS number, count(*) AS total FROM fresh HAVING count(*) > 0
            ), told AS (
                UPDATE migrated.job j SET history_told = last.number, event_count = event_count + last.total,
                    applied_count = applied_count + last.total
                FROM last, set_config('synchronous_commit', 'off', true)
                WHERE j.number = \(job) AND j.history_told < last.number
                RETURNING j.number, j.state, j.event_count - last.total AS sequence,
                    j.applied_count - last.total AS applied, j.step_count
            )
            INSERT INTO migrated.job_event (job, sequence, at, kind, state, revision, message, progress)
            SELECT told.number, sequence + place, applied_at, \(JobEvent.Kind.stepApplied.rawValue), state, revision,
                CASE direction WHEN 'upgrade' THEN 'applied ' ELSE 'downgraded ' END || revision
                    || coalesce(', ' || nullif(description, ''), '') || CASE WHEN elapsed_ms < 1000
                        THEN ' (' || greatest(1, trunc(elapsed_ms)) || ' ms)'
                        ELSE ' (' || trunc((elapsed_ms / 1000)::numeric, 1) || ' s)' END,
                jsonb_build_object('unit', 'revisions', 'done', applied + place, 'total', step_count)
            FROM told, fresh ORDER BY place
            RETURNING \(raw: Self.columns)
            """
        ).map { try Self.event($0, database: database) }
    }

    /// The events of a job after a sequence number, oldest first.
    func events(of job: Int64, after sequence: Int64, limit: Int) async throws -> [JobEvent] {
        try await session.query(
            """
            SELECT \(raw: Self.columns) FROM migrated.job_event WHERE job = \(job) AND sequence > \(sequence)
            ORDER BY sequence LIMIT \(limit)::int
            """
        ).map { try Self.event($0, database: database) }
    }

    /// The latest events of all jobs, oldest first.
    func latest(_ count: Int) async throws -> [JobEvent] {
        try await session.query(
            """
            SELECT * FROM (SELECT \(raw: Self.columns) FROM migrated.job_event ORDER BY job_event.at DESC, job DESC,
                sequence DESC LIMIT \(count)::int) latest ORDER BY at, job, sequence
            """
        ).map { try Self.event($0, database: database) }
    }

    static func event(_ row: Row, database: String) throws -> JobEvent {
        let kind: String = try row.decode("kind")
        let state: String = try row.decode("state")
        guard let kind = JobEvent.Kind(rawValue: kind), let state = JobState(rawValue: state) else {
            throw Failure(.registryTooNew, "cannot read an event of the registry: its kind or state is not known")
        }
        return JobEvent(
            job: JobID(database: database, number: try row.decode("job")), sequence: try row.decode("sequence"),
            at: Timestamp(microseconds: try row.decode("at")), kind: kind, state: state,
            revision: try row.decode("revision", as: String?.self).map { RevisionID($0) },
            message: try row.decode("message"),
            progress: try row.decode("progress", as: String?.self)
                .map { try RegistryJSON.decode(JobEvent.Progress.self, from: $0) })
    }
}

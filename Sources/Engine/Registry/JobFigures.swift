public import Planning
import PostgresClient

/// What the registry has counted and timed, for those who watch from afar.
public struct JobFigures: Sendable, Hashable {
    /// The jobs of one kind and state.
    public struct Group: Sendable, Hashable {
        public var kind: String
        public var state: String
        public var count: Int64
        /// How long those that are over took, from their start to their end.
        public var seconds: Double
    }

    public var jobs: [Group] = []
    /// When the running job was begun.
    public var runningSince: Timestamp?
    public var lastApplied: Timestamp?
    /// When a backup was last restored in full, and a plan carried out in it: the end of the last rehearsal that got there.
    public var lastRehearsal: Timestamp?

    /// What is read is the jobs, which are as many as people asked for, and of each table that grows by itself the newest row.
    static func read(on session: any PostgresSession) async throws -> JobFigures {
        var figures = JobFigures()
        figures.jobs = try await session.query(
            """
            SELECT kind, state, count(*) AS count,
                coalesce(sum(extract(epoch FROM finished_at - coalesce(started_at, requested_at))), 0)::float8 AS seconds
            FROM migrated.job GROUP BY kind, state ORDER BY kind, state
            """
        ).map {
            Group(
                kind: try $0.decode("kind"), state: try $0.decode("state"), count: try $0.decode("count"),
                seconds: try $0.decode("seconds"))
        }
        let times = try await session.query(
            """
            SELECT
                (SELECT (extract(epoch FROM applied_at) * 1000000)::bigint FROM migrated.history
                    ORDER BY number DESC LIMIT 1) AS applied,
                (SELECT (extract(epoch FROM finished_at) * 1000000)::bigint FROM migrated.job
                    WHERE finished_at IS NOT NULL AND rehearsal ->> 'outcome' = 'completed'
                    ORDER BY number DESC LIMIT 1) AS restored,
                (SELECT (extract(epoch FROM min(started_at)) * 1000000)::bigint FROM migrated.job
                    WHERE state IN (\(raw: Self.runningStates))) AS running
            """
        ).first
        if let times {
            func time(_ column: String) throws -> Timestamp? {
                try times.decode(column, as: Int64?.self).map { Timestamp(microseconds: $0) }
            }
            figures.lastApplied = try time("applied")
            figures.lastRehearsal = try time("restored")
            figures.runningSince = try time("running")
        }
        return figures
    }

    private static let runningStates = JobState.allCases.filter(\.isRunning).map { "'\($0.rawValue)'" }
        .joined(separator: ", ")
}

extension DatabaseEngine {
    /// What the registry has counted and timed.
    public func figures() async throws -> JobFigures {
        try await JobFigures.read(on: sessions().observer)
    }
}

import PostgresClient

/// The sign by which other daemons see that a runner's daemon lives: an advisory lock that its observer holds for as long
/// as it is connected, with the process id of the worker's backend.
///
/// A backend whose daemon was killed goes on with its statement, and with the lock; the observer, which waits for its
/// client most of the time, is gone at once.
struct RunnerSign: Sendable {
    /// `migr` in ASCII. Locks of two halves never meet the migration lock, which has one key.
    static let key: Int32 = 0x6d69_6772

    /// A condition that is true while the daemon of the backend `pid` is connected (PostgreSQL manual, `pg_locks`: the halves
    /// are in `classid` and `objid`, and `objsubid` is 2).
    static func isGiven(for pid: String) -> String {
        """
        EXISTS (SELECT FROM pg_catalog.pg_locks s WHERE s.locktype = 'advisory' AND s.granted AND s.objsubid = 2 \
        AND s.classid = \(key) AND s.objid = \(pid) \
        AND s.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
        """
    }

    let session: Connection

    func give(for worker: Int32) async throws {
        _ = try await session.query("SELECT pg_catalog.pg_try_advisory_lock(\(Self.key)::int, \(worker)::int)")
    }
}

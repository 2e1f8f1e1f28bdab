import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// A daemon was killed, and its session on the server does not notice: it goes on with its statement, and with the lock.
@Suite struct OrphanTests {
    @Test func isShownWithItsProgressAndEndedOnDemand() async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            try await Obstacle.put(in: database)
            // What an index is made of has a search path of the server's own from PostgreSQL 17 on.
            try await database.run(
                """
                CREATE FUNCTION slowly(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
                    IF EXISTS (SELECT FROM public.obstacle) THEN PERFORM pg_sleep(0.1); END IF;
                    RETURN n;
                END $$
                """)
            var chain = TestRevision.chain(2)
            chain[0].upgrade = ["INSERT INTO t_001 SELECT generate_series(1, 10000);"]
            chain[1].upgrade = [
                // Without this the server notices within half a second, as it does with a client on a host that is there.
                "SET client_connection_check_interval = 0;", "CREATE INDEX i ON t_001 (slowly(id));",
            ]
            try harness.write(chain)
            try await harness.start()
            let job = try await harness.queue()
            try await database.awaitRow("SELECT FROM pg_stat_progress_create_index WHERE blocks_total > 0")
            // Ours to cancel, not to end.
            let own = try await harness.control("resolve", "\(job.id)", "--end-session", "--reason", "none")
            #expect(own.status == Failure.Code.invalidState.exitStatus && own.errors.contains("migratectl cancel"))

            try await harness.end(SIGKILL)
            try await harness.start()
            let told = try await harness.await(job) { $0.message.contains("its daemon is gone") }
            #expect(told.message.contains("outcome unknown") && told.message.contains("CREATE INDEX i ON t_001"))
            #expect(told.message.contains("building index") && told.progress?.unit == "blocks", "\(told)")
            #expect(told.message.contains("Timeout/PgSleep"), "\(told)")
            #expect(told.message.contains("migratectl resolve \(job.id) --end-session"))
            try await database.awaitRow("SELECT FROM migrated.job WHERE state = 'applying'")

            // The orphan has its snapshot; whoever comes next is not held up.
            try await Obstacle.remove(from: database)
            let bystander = try await database.connect()
            let ended = try await harness.control("resolve", "\(job.id)", "--end-session", "--reason", "host is gone")
            #expect(ended.status == 0, "\(ended)")
            #expect(try await harness.follow(job).state == .succeeded)
            // Nobody else's session is.
            #expect(bystander.isUsable)
            try await bystander.script("SELECT 1")
            await bystander.close()
            let log = try await harness.control("job", "\(job.id)")
            #expect(log.output.contains("host is gone"), "\(log)")
            try await Aftermath.of(database).expect(["upgrade 001", "upgrade 002"], at: ["002"])
        }
    }

    /// It is let go on while the next daemon waits for it: what it has made is found, and not made again.
    @Test func thatComesToItsEndIsFoundDone() async throws {
        try await withDaemon(start: false) { harness, database in
            try await database.makeEffects()
            // It stands before a gate, and the server does not look meanwhile whether its client is still there.
            let gate = try await database.connectAsSuperuser()
            try await gate.script(
                """
                CREATE FUNCTION gated(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
                    PERFORM set_config('client_connection_check_interval', '0', false);
                    PERFORM pg_advisory_lock_shared(1);
                    PERFORM pg_advisory_unlock_shared(1);
                    RETURN n;
                END $$
                """)
            var chain = TestRevision.chain(2) { $0 == 1 }
            chain[0].upgrade = ["INSERT INTO t_001 VALUES (1);"]
            chain[1].upgrade = ["CREATE INDEX CONCURRENTLY i ON t_001 (public.gated(id));"]
            try harness.write(chain)
            try await harness.start()
            #expect(try await harness.follow(try await harness.queue(to: "001")).state == .succeeded)
            try await gate.script("SELECT pg_advisory_lock(1)")
            let job = try await harness.queue()
            try await database.awaitRow(
                """
                SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'
                    AND application_name = 'migrated worker' AND query LIKE 'CREATE INDEX%'
                """)
            let index =
                "SELECT 'i'::regclass::oid::bigint AS number, indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"
            let begun = try await gate.query(Query(raw: index)).single()
            #expect(try !begun.decode("indisvalid", as: Bool.self))

            try await harness.end(SIGKILL)
            try await harness.start()
            let told = try await harness.await(job) { $0.message.contains("its daemon is gone") }
            #expect(told.message.contains("waits for Lock/advisory"), "\(told)")
            try await gate.script("SELECT pg_advisory_unlock(1)")
            let ended = try await harness.follow(job)
            #expect(ended.state == .succeeded, "\(ended)")
            let log = try await harness.control("job", "\(job.id)", "--verbose")
            #expect(log.output.contains("found done: CREATE INDEX CONCURRENTLY of 002"), "\(log)")
            let found = try await gate.query(Query(raw: index)).single()
            #expect(try found.decode("indisvalid", as: Bool.self))
            #expect(try found.decode("number", as: Int64.self) == begun.decode("number", as: Int64.self))
            await gate.close()
            let aftermath = try await Aftermath.of(database)
            aftermath.expect(["upgrade 001", "upgrade 002"], at: ["002"])
            #expect(aftermath.states == ["succeeded", "succeeded"])
        }
    }
}

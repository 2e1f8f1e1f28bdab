import Host
import Planning
import PostgresClient
import TestSupport
import Testing

@testable import Engine

/// What a person is shown while `pg_restore` is at work, in each of its stages.
@Suite(.timeLimit(.minutes(5))) struct RestoreProgressTests {
    @Test func dataAreBytesAndIndexesAreBlocksOrTuples() async throws {
        try await EngineFixture.restoring([], RestoreTests.dumping) { fixture in
            try await fixture.admin.script(
                """
                CREATE TABLE numbers AS SELECT n, md5(n::text) AS text FROM generate_series(1, 1000) n;
                CREATE TABLE others AS SELECT n FROM generate_series(1, 1000) n
                """)
            let backup = try RestorableBackup.find(
                try await fixture.takeBackup(), rules: fixture.configuration.backup, database: "main", registered: nil)
            let tools = try await PostgresTools.discover(
                serverVersion: fixture.admin.serverVersion, preferred: fixture.database.cluster.binaries)
            let progress = RestoreProgress(
                contents: try await tools.contents(of: backup.archive), archive: backup.archive,
                manifest: backup.manifest)
            let worker = try await fixture.database.connectAsSuperuser()
            // As pg_restore does it; the server reads 64 KiB at a time, and a fifth of the rows is there then.
            try await worker.script("TRUNCATE numbers, others")
            let copying = Task {
                try await worker.execute(
                    #"COPY numbers FROM PROGRAM 'yes "$(printf "1\t%0998d" 0)" | head -n 250; sleep 600'"#)
            }
            let half = try await fixture.shown(progress) {
                $0.phase == "\"public\".\"numbers\"" && $0.done > ($0.total ?? 0) / 8
            }
            let total = try #require(half.total)
            #expect(half.unit == "bytes" && half.done < total / 3, "\(half)")
            await worker.cancel()
            _ = await copying.result

            try await worker.script(
                """
                CREATE FUNCTION slowly(n integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
                    $$ BEGIN PERFORM pg_sleep(0.005); RETURN n; END $$;
                INSERT INTO others SELECT n FROM generate_series(1, 2000) n
                """)
            let building = Task { try await worker.execute("CREATE INDEX ON others (slowly(n))") }
            let build = try await fixture.shown(progress) { $0.phase == "index on public.others" && $0.done > 0 }
            #expect(build.unit == "blocks" && build.total == 9, "\(build)")
            await worker.cancel()
            _ = await building.result
            await worker.close()
        }
    }
}

extension EngineFixture {
    /// Looks until what is shown fits.
    fileprivate func shown(
        _ progress: RestoreProgress, where fits: (JobEvent.Progress) -> Bool
    ) async throws -> JobEvent.Progress {
        while true {
            let now = try await progress.look(on: admin)
            if fits(now) { return now }
            await Task.yield()
        }
    }
}

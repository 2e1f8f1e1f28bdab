import PostgresClient
import Synchronization
import TestSupport
import Testing

@Suite struct BatchTests {
    @Test func answersComeInOrder() async throws {
        let connection = try await TestCluster.shared.connect()
        let completed = Mutex<[Int]>([])
        for round in 1...4 {
            let results = try await connection.batch([
                .query("BEGIN"), .query("SELECT \(round)::int AS n"), .execute("CREATE TEMP TABLE t\(round) (a int)"),
                .execute("INSERT INTO t\(round) SELECT generate_series(1, 3)"),
                .query("SELECT a FROM t\(raw: String(round))"),
                .query("COMMIT"),
            ]) { index in completed.withLock { $0.append(index) } }
            #expect(results.map(\.tag) == ["BEGIN", "SELECT 1", "CREATE TABLE", "INSERT 0 3", "SELECT 3", "COMMIT"])
            #expect(try results[1].scalar(as: Int.self) == round)
            #expect(try results[4].map { try $0.decode("a", as: Int.self) } == [1, 2, 3])
        }
        #expect(completed.withLock { $0 } == (1...4).flatMap { _ in 0..<6 })
        #expect(await connection.transactionStatus == .idle)
        #expect(try await connection.batch([]).isEmpty)
        await connection.close()
    }

    /// The commands before it have been run, those after it have not, and the session goes on.
    @Test func whatFollowsAFailureIsNotRun() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.script("CREATE TEMP TABLE t (a int)")
        let error = await #expect(throws: BatchError.self) {
            try await connection.batch([
                .query("BEGIN"), .execute("INSERT INTO t VALUES (1)"), .query("COMMIT"), .query("BEGIN"),
                .execute("INSERT INTO t VALUES (2)"), .execute("SELECT 1 / 0"), .execute("INSERT INTO t VALUES (3)"),
                .query("COMMIT"),
            ])
        }
        #expect(error?.index == 5 && (error?.cause as? ServerError)?.sqlState == "22012")
        #expect(await connection.transactionStatus == .failed)
        try await connection.script("ROLLBACK")
        #expect(try await connection.query("SELECT a FROM t").map { try $0.decode("a", as: Int.self) } == [1])
        await connection.close()
    }

    @Test func eachCommandIsOneStatement() async throws {
        let connection = try await TestCluster.shared.connect()
        let two = await #expect(throws: BatchError.self) {
            try await connection.batch([.query("SELECT 1"), .execute("SELECT 1; SELECT 2")])
        }
        #expect(two?.index == 1 && (two?.cause as? ServerError)?.sqlState == "42601")
        await #expect(throws: CommandError.self) { try await connection.batch([.execute("SELECT '\0'")]) }
        let gone = await #expect(throws: BatchError.self) {
            try await connection.batch([.query("SELECT pg_terminate_backend(pg_backend_pid())"), .query("SELECT 1")])
        }
        #expect((gone?.cause as? ConnectionError)?.kind == .lost)
        #expect(!connection.isUsable)
        await connection.close()
    }

    @Test func rowsThatNobodyKeepsAreCounted() async throws {
        let connection = try await TestCluster.shared.connect()
        let results = try await connection.batch([
            .query("SELECT 1"), .execute("SELECT repeat('x', 1000) FROM generate_series(1, 20000)"),
            .query("SELECT 2 AS n"),
        ])
        #expect(results[1].isEmpty && results[1].tag == "SELECT 20000")
        #expect(try results[2].scalar(as: Int.self) == 2)
        await connection.close()
    }

    @Test func aCancelledTaskCancelsTheBatch() async throws {
        let connection = try await TestCluster.shared.connect()
        let (begun, sender) = AsyncStream<Int>.makeStream()
        let task = Task {
            try await connection.batch([
                .execute("SELECT 1"), .execute("SELECT pg_sleep(600)"), .execute("CREATE TEMP TABLE never (a int)"),
            ]) { sender.yield($0) }
        }
        for await index in begun where index == 0 { break }
        task.cancel()
        let error = await #expect(throws: BatchError.self) { try await task.value }
        #expect(error?.index == 1 && error?.cause is CancellationError)
        #expect(try await connection.query("SELECT to_regclass('never') IS NULL").scalar(as: Bool.self))
        await connection.close()
    }

    /// Statements that were prepared in a batch, dropped in one, and prepared anew.
    @Test func preparedStatementsComeAndGo() async throws {
        let connection = try await TestCluster.shared.connect()
        func read() async throws -> Int { try await connection.batch([.query("SELECT 42 AS n")])[0].scalar() }
        for _ in 0..<3 { #expect(try await read() == 42) }
        let stale = await #expect(throws: BatchError.self) {
            try await connection.batch([.execute("DEALLOCATE ALL"), .query("SELECT 42 AS n")])
        }
        #expect(stale?.index == 1 && (stale?.cause as? ServerError)?.sqlState == "26000")
        for _ in 0..<3 { #expect(try await read() == 42) }
        await connection.close()
    }
}

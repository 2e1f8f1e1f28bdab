import PostgresClient
import TestSupport
import Testing

@Suite struct CancellationTests {
    /// Waits until the backend is busy with something; there is no event for that.
    private func waitUntilActive(_ pid: Int32, _ observer: Connection) async throws {
        var isActive = false
        while !isActive {
            isActive =
                try await observer.query(
                    """
                    SELECT state = 'active' AND wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = \(pid)
                    """
                ).scalar(as: Bool?.self) ?? false
        }
    }

    @Test func aCancelledTaskCancelsItsStatement() async throws {
        let connection = try await TestCluster.shared.connect()
        let observer = try await TestCluster.shared.connect()
        let task = Task { try await connection.execute("SELECT pg_sleep(600)") }
        try await waitUntilActive(connection.backendPID, observer)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.query("SELECT 7").scalar(as: Int.self) == 7)
        await observer.close()
        await connection.close()
    }

    @Test func cancelRunningGivesTheServersError() async throws {
        let connection = try await TestCluster.shared.connect()
        let observer = try await TestCluster.shared.connect()
        for isAwaited in [true, false] {
            let task = Task { try await connection.execute("SELECT pg_sleep(600)") }
            try await waitUntilActive(connection.backendPID, observer)
            if isAwaited { await connection.cancel() } else { connection.cancelRunning() }
            let error = await #expect(throws: ServerError.self) { try await task.value }
            #expect(error?.sqlState == "57014")
        }
        await connection.cancel()
        #expect(try await connection.query("SELECT 7").scalar(as: Int.self) == 7)
        await observer.close()
        await connection.close()
    }

    @Test func anEndlessAnswerCanBeCancelled() async throws {
        let connection = try await TestCluster.shared.connect()
        let (notices, sender) = AsyncStream<Void>.makeStream()
        connection.onNotice { _ in sender.yield() }
        try await connection.script(
            """
            CREATE FUNCTION pg_temp.begun() RETURNS text LANGUAGE plpgsql AS
                $$BEGIN RAISE NOTICE 'begun'; RETURN 'x'; END$$
            """)
        let task = Task {
            try await connection.execute(
                """
                SELECT generate_series(1, 2000000000), repeat('y', 1000)
                FROM (SELECT pg_temp.begun() OFFSET 0) AS start
                """)
        }
        for await _ in notices { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await connection.close()
    }

    @Test func aWaitingCommandIsTakenOut() async throws {
        let connection = try await TestCluster.shared.connect()
        let observer = try await TestCluster.shared.connect()
        let first = Task { try await connection.execute("SELECT pg_sleep(600)") }
        try await waitUntilActive(connection.backendPID, observer)
        let second = Task { try await connection.execute("SELECT 1") }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        // Nothing is sent for a task that is cancelled already.
        let third = Task {
            withUnsafeCurrentTask { task in task?.cancel() }
            return try await connection.execute("SELECT 1")
        }
        await #expect(throws: CancellationError.self) { try await third.value }
        await observer.close()
        await connection.close()
    }

    /// Each victim may be cancelled or not; the statement after it must never be.
    @Test(arguments: 0..<4) func aStormNeverHitsTheWrongStatement(_ lane: Int) async throws {
        let connection = try await TestCluster.shared.connect()
        var random = SystemRandomNumberGenerator()
        var cancelled = 0
        for round in 0..<200 {
            let seconds = Double.random(in: 0...0.004, using: &random)
            let victim = Task { try await connection.query("SELECT pg_sleep(\(seconds))::text, \(round)::int") }
            let bystander = Task { try await connection.query("SELECT \(round)::int").scalar(as: Int.self) }
            for _ in 0..<Int.random(in: 0...400, using: &random) { await Task.yield() }
            victim.cancel()
            #expect(try await bystander.value == round)
            do {
                #expect(try await victim.value.single().decode(1, as: Int.self) == round)
            } catch is CancellationError {
                cancelled += 1
            }
        }
        #expect(cancelled > 0)
        await connection.close()
    }

    @Test func aStormInsideTransactionsLeavesTheSessionClean() async throws {
        let connection = try await TestCluster.shared.connect()
        var random = SystemRandomNumberGenerator()
        try await connection.execute("CREATE TEMP TABLE t (a int)")
        var committed = 0
        for round in 0..<150 {
            let task = Task {
                try await connection.transaction { scope in
                    try await scope.execute("INSERT INTO t VALUES (1)")
                    try await scope.execute("SELECT pg_sleep(0.001)")
                }
            }
            if round > 0 {
                for _ in 0..<Int.random(in: 0...600, using: &random) { await Task.yield() }
                task.cancel()
            }
            do {
                try await task.value
                committed += 1
            } catch is CancellationError {
            }
            #expect(await connection.transactionStatus == .idle)
        }
        #expect(try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self) == committed)
        await connection.close()
    }

    @Test func cancellingWhileConnectingGivesUp() async throws {
        let silent = try SilentServer()
        let parameters = ConnectionParameters(["host": silent.directory, "user": "u", "dbname": "d"])
        let task = Task { try await Connection.open(parameters, applicationName: "t", timeout: .seconds(600)) }
        await silent.waitForClient()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

import PostgresClient
import TestSupport
import Testing

@Suite struct LossTests {
    @Test func everybodyWhoWaitsIsToldWhenTheBackendIsKilled() async throws {
        let connection = try await TestCluster.shared.connect()
        let killer = try await TestCluster.shared.connect()
        let running = Task { try await connection.execute("SELECT pg_sleep(600)") }
        let waiting = (0..<20).map { _ in Task { try await connection.query("SELECT 1") } }
        var isActive = false
        while !isActive {
            isActive = try await killer.query(
                "SELECT wait_event IS NOT DISTINCT FROM 'PgSleep' FROM pg_stat_activity WHERE pid = \(connection.backendPID)"
            ).scalar()
        }
        async let closed: Void = connection.waitUntilClosed()
        try await killer.query("SELECT pg_terminate_backend(\(connection.backendPID))")
        let error = await #expect(throws: ConnectionError.self) { try await running.value }
        #expect(error?.kind == .lost && error?.sqlState == "57P01" && error?.commandMayHaveRun == true)
        #expect(error?.message.contains("terminating connection due to administrator command") == true)
        for task in waiting {
            // Those that came before the long statement have run.
            if case .failure(let error as ConnectionError) = await task.result {
                #expect(error.kind == .lost && !error.commandMayHaveRun)
            }
        }
        await closed
        #expect(!connection.isUsable)
        let later = await #expect(throws: ConnectionError.self) { try await connection.query("SELECT 1") }
        #expect(later?.kind == .lost)
        await connection.close()
        await killer.close()
    }

    @Test func anIdleSessionHearsOfItsEnd() async throws {
        let connection = try await TestCluster.shared.connect()
        let killer = try await TestCluster.shared.connect()
        try await killer.query("SELECT pg_terminate_backend(\(connection.backendPID))")
        await connection.waitUntilClosed()
        for await _ in connection.notifications {}
        let error = await #expect(throws: ConnectionError.self) { try await connection.query("SELECT 1") }
        #expect(error?.kind == .lost && error?.sqlState == "57P01" && error?.commandMayHaveRun == false)
        await killer.close()
    }

    @Test func aTransactionOnALostSessionFails() async throws {
        let connection = try await TestCluster.shared.connect()
        let killer = try await TestCluster.shared.connect()
        let error = await #expect(throws: ConnectionError.self) {
            try await connection.transaction { scope in
                try await scope.execute("SELECT 1")
                try await killer.query("SELECT pg_terminate_backend(\(connection.backendPID))")
                await connection.waitUntilClosed()
            }
        }
        // COMMIT was never sent: nothing is in doubt.
        #expect(error?.kind == .lost && error?.commandMayHaveRun == false)
        await killer.close()
    }

    @Test func aServerThatStopsAndComesBack() async throws {
        let cluster = try await TestCluster.make()
        for mode in [TestCluster.StopMode.immediate, .fast] {
            let busy = try await cluster.connect()
            let idle = try await cluster.connect()
            try await busy.execute("LISTEN a")
            let task = Task { try await busy.execute("SELECT pg_notify('a', ''), pg_sleep(600)") }
            await cluster.stop(mode)
            let error = await #expect(throws: ConnectionError.self) { try await task.value }
            #expect(error?.kind == .lost)
            await idle.waitUntilClosed()
            let gone = await #expect(throws: ConnectionError.self) { try await cluster.connect() }
            #expect(gone?.kind == .cannotConnect)
            try await cluster.start()
            let again = try await cluster.connect()
            #expect(try await again.query("SELECT 1").scalar(as: Int.self) == 1)
            await again.close()
        }
        await cluster.destroy()
    }

    @Test func aCutLineIsNoticed() async throws {
        let cluster = try await TestCluster.shared
        let proxy = try CuttableProxy(serverDirectory: cluster.socketDirectory)
        var parameters = cluster.parameters()
        parameters["host"] = proxy.directory
        let connection = try await Connection.open(parameters, applicationName: "cut")
        #expect(try await connection.query("SELECT 1").scalar(as: Int.self) == 1)
        let task = Task { try await connection.execute("SELECT pg_sleep(600)") }
        proxy.cut()
        let error = await #expect(throws: ConnectionError.self) { try await task.value }
        #expect(error?.kind == .lost)
        await connection.waitUntilClosed()
    }

    @Test func aLostAnswerToCommitIsNotAFailure() async throws {
        let cluster = try await TestCluster.shared
        try await cluster.withDatabase { database in
            let proxy = try CuttableProxy(serverDirectory: cluster.socketDirectory)
            var parameters = database.parameters
            parameters["host"] = proxy.directory
            let connection = try await Connection.open(parameters, applicationName: "doubt")
            try await connection.execute("CREATE TABLE t (a int)")
            let task = Task {
                try await connection.transaction { scope in
                    try await scope.execute("INSERT INTO t VALUES (1)")
                    proxy.swallowAnswers()
                }
            }
            await proxy.waitUntilSwallowed()
            proxy.cut()
            let error = await #expect(throws: CommitOutcomeUnknown.self) { try await task.value }
            #expect(error?.reason.kind == .lost)
            let witness = try await database.connect()
            #expect(try await witness.query("SELECT count(*) FROM t").scalar(as: Int.self) == 1)
            await witness.close()
        }
    }

    @Test func closingTellsThoseWhoWait() async throws {
        let connection = try await TestCluster.shared.connect()
        let observer = try await TestCluster.shared.connect()
        let running = Task { try await connection.execute("SELECT pg_sleep(600)") }
        var isActive = false
        while !isActive {
            isActive = try await observer.query(
                "SELECT wait_event IS NOT DISTINCT FROM 'PgSleep' FROM pg_stat_activity WHERE pid = \(connection.backendPID)"
            ).scalar()
        }
        await connection.close()
        let error = await #expect(throws: ConnectionError.self) { try await running.value }
        #expect(error?.kind == .closed && error?.commandMayHaveRun == true)
        await connection.close()
        // The statement does not go on without its client.
        var isGone = false
        while !isGone {
            isGone = try await observer.query("SELECT FROM pg_stat_activity WHERE pid = \(connection.backendPID)")
                .isEmpty
        }
        await observer.close()
    }

    @Test func aForgottenConnectionEndsItsSession() async throws {
        let observer = try await TestCluster.shared.connect()
        let pid = try await TestCluster.shared.connect().backendPID
        var isGone = false
        while !isGone {
            isGone = try await observer.query("SELECT FROM pg_stat_activity WHERE pid = \(pid)").isEmpty
        }
        await observer.close()
    }

    @Test func waitingForTheEndCanBeCancelled() async throws {
        let connection = try await TestCluster.shared.connect()
        let task = Task { await connection.waitUntilClosed() }
        task.cancel()
        await task.value
        #expect(connection.isUsable)
        await connection.close()
    }
}

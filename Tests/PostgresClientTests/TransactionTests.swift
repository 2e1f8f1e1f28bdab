import TestSupport
import Testing

@testable import PostgresClient

@Suite struct TransactionTests {
    @Test func commitsAndRollsBack() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE TABLE t (a int)")
            let options = TransactionOptions(
                isolation: .repeatableRead,
                settings: ["lock_timeout": "1234ms", "search_path": "public, pg_temp", "my.text": #"it's \ here"#])
            let value = try await connection.transaction(options) { scope in
                try await scope.execute("INSERT INTO t VALUES (1)")
                let row = try await scope.query(
                    """
                    SELECT current_setting('lock_timeout'), current_setting('search_path'), current_setting('my.text'),
                        current_setting('transaction_isolation')
                    """
                ).single()
                #expect(await scope.connection.isInTransaction)
                return try (0..<4).map { try row.decode($0, as: String.self) }
            }
            #expect(value == ["1234ms", "public, pg_temp", #"it's \ here"#, "repeatable read"])
            #expect(await connection.transactionStatus == .idle)
            struct Stop: Error {}
            await #expect(throws: Stop.self) {
                try await connection.transaction { scope in
                    try await scope.execute("INSERT INTO t VALUES (2)")
                    throw Stop()
                }
            }
            let syntax = await #expect(throws: ServerError.self) {
                try await connection.transaction { scope in try await scope.execute("INSERT INTO nowhere VALUES (2)") }
            }
            #expect(syntax?.sqlState == "42P01")
            #expect(await connection.transactionStatus == .idle)
            #expect(try await connection.query("SELECT a FROM t").scalar(as: Int.self) == 1)
            await connection.close()
        }
    }

    @Test func refusesOptionsThatTheServerRefuses() async throws {
        let connection = try await TestCluster.shared.connect()
        let error = await #expect(throws: ServerError.self) {
            try await connection.transaction(TransactionOptions(settings: ["lock_timeout": "soon"])) { _ in
                Issue.record("the body ran")
            }
        }
        #expect(error?.sqlState == "22023")
        #expect(await connection.transactionStatus == .idle)
        #expect(try await connection.query("SELECT 1").scalar(as: Int.self) == 1)
        await connection.close()
    }

    @Test func noticesACommitThatBecameARollback() async throws {
        let connection = try await TestCluster.shared.connect()
        let error = await #expect(throws: TransactionError.self) {
            try await connection.transaction { scope in _ = try? await scope.execute("SELECT 1/0") }
        }
        guard case .rolledBack(let cause?) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.sqlState == "22012")
        await connection.close()
    }

    @Test func noticesATransactionThatWasEndedInside() async throws {
        let connection = try await TestCluster.shared.connect()
        let error = await #expect(throws: TransactionError.self) {
            try await connection.transaction { scope in try await scope.execute("COMMIT") }
        }
        #expect(error == .endedEarly)
        await connection.close()
    }

    @Test func aDeferredConstraintFailsTheCommit() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.execute("CREATE TEMP TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let error = await #expect(throws: ServerError.self) {
            try await connection.transaction { scope in try await scope.execute("INSERT INTO t VALUES (1), (1)") }
        }
        #expect(error?.sqlState == "23505")
        #expect(await connection.transactionStatus == .idle)
        await connection.close()
    }

    @Test func othersWaitUntilItIsOver() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.execute("CREATE TEMP TABLE t (a int)")
        let inside = try await connection.transaction { scope in
            try await scope.execute("INSERT INTO t VALUES (1)")
            await connection.submitInOrder(50, "INSERT INTO t VALUES (2)")
            try await scope.execute("INSERT INTO t VALUES (1)")
            return try await scope.query("SELECT count(*) FROM t").scalar(as: Int.self)
        }
        #expect(inside == 2)
        // First in, first out: this one comes after the fifty.
        #expect(try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self) == 52)
        await connection.close()
    }

    @Test func refusesMisuse() async throws {
        let connection = try await TestCluster.shared.connect()
        let kept = try await connection.transaction { scope in
            await #expect(throws: TransactionError.usedOutsideScope) { try await connection.query("SELECT 1") }
            await #expect(throws: TransactionError.usedOutsideScope) { try await connection.transaction { _ in } }
            return scope
        }
        await #expect(throws: TransactionError.scopeEnded) { try await kept.query("SELECT 1") }
        #expect(try await connection.query("SELECT 1").scalar(as: Int.self) == 1)
        await connection.close()
    }

    @Test func aCancelledTaskRollsBack() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.execute("CREATE TEMP TABLE t (a int)")
        let task = Task {
            try await connection.transaction { scope in
                try await scope.execute("INSERT INTO t VALUES (1)")
                withUnsafeCurrentTask { task in task?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self) == 0)
        await connection.close()
    }

    @Test func twoHundredQueriesRunInOrder() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.execute("CREATE TEMP TABLE t (id serial, a int)")
        let answers = await connection.submitInOrder(200, "INSERT INTO t (a) VALUES ($1) RETURNING id")
        for (index, answer) in answers.enumerated() {
            #expect(try await answer.value == index + 1)
        }
        let wrong = try await connection.query("SELECT count(*) FROM t WHERE a <> id").scalar(as: Int.self)
        #expect(wrong == 0)
        await connection.close()
    }
}

extension Connection {
    /// Tasks on this actor are started in the order in which they are made.
    @discardableResult
    func submitInOrder(_ count: Int, _ text: String) -> [Task<Int, any Error>] {
        (1...count).map { number in
            // Not a part of the transaction in whose body this may be called.
            TransactionScope.$current.withValue(nil) {
                Task { try await self.answer(text, number) }
            }
        }
    }

    private func answer(_ text: String, _ number: Int) async throws -> Int {
        let parameters: [QueryParameter] = text.contains("$1") ? [.text("\(number)")] : []
        let result = try await query(Query(raw: text, parameters))
        return result.isEmpty ? 0 : try result.scalar(as: Int.self)
    }
}

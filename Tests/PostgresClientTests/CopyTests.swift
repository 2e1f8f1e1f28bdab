import PostgresClient
import TestSupport
import Testing

@Suite struct CopyTests {
    private func lines(_ count: Int) -> [UInt8] {
        var data: [UInt8] = []
        data.reserveCapacity(count * 101)
        let filler = [UInt8](repeating: UInt8(ascii: "x"), count: 90)
        for number in 0..<count {
            data.append(contentsOf: "\(number)\t".utf8)
            data.append(contentsOf: filler)
            data.append(UInt8(ascii: "\n"))
        }
        return data
    }

    @Test func copiesFiftyMegabytes() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            try await connection.execute("CREATE UNLOGGED TABLE t (a int, b text)")
            let data = lines(520_000)
            #expect(data.count > 50_000_000)
            let result = try await connection.copyIn("COPY t FROM STDIN", data: data)
            #expect(result.tag == "COPY 520000" && result.affectedRows == 520_000)
            #expect(try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self) == 520_000)
            await connection.close()
        }
    }

    @Test func anErrorInTheMiddleIsNoDeadlock() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.execute("CREATE TEMP TABLE t (a int, b text)")
        let data = Array("no number\tx\n".utf8) + lines(100_000)
        let error = await #expect(throws: ServerError.self) {
            try await connection.transaction { scope in try await scope.copyIn("COPY t FROM STDIN", data: data) }
        }
        #expect(error?.sqlState == "22P02" && error?.context?.contains("line 1") == true)
        #expect(try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self) == 0)
        await connection.close()
    }

    /// A trigger that speaks a lot while data flows: both directions at once.
    @Test func noticesWhileCopyingAreNoDeadlock() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.script(
            """
            CREATE TEMP TABLE t (a int, b text);
            CREATE FUNCTION pg_temp.speak() RETURNS trigger LANGUAGE plpgsql AS
                $$BEGIN RAISE NOTICE '%', repeat('y', 1000); RETURN NEW; END$$;
            CREATE TRIGGER speak BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pg_temp.speak();
            """)
        let result = try await connection.copyIn("COPY t FROM STDIN", data: lines(20_000))
        #expect(result.affectedRows == 20_000)
        await connection.close()
    }

    @Test func copiesNothing() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.execute("CREATE TEMP TABLE t (a int)")
        #expect(try await connection.copyIn("COPY t FROM STDIN", data: []).tag == "COPY 0")
        await #expect(throws: CommandError.self) { try await connection.copyIn("SELECT 1", data: [1]) }
        let missing = await #expect(throws: ServerError.self) {
            try await connection.copyIn("COPY nowhere FROM STDIN", data: [1])
        }
        #expect(missing?.sqlState == "42P01")
        #expect(try await connection.query("SELECT 1").scalar(as: Int.self) == 1)
        await connection.close()
    }

    @Test func canBeCancelled() async throws {
        try await TestCluster.shared.withDatabase { database in
            let connection = try await database.connect()
            let blocker = try await database.connect()
            try await connection.script(
                """
                CREATE TABLE t (a int PRIMARY KEY, b text);
                """)
            let data = lines(300_000)
            // The copying session waits for the blocker's row, so the socket fills up.
            try await blocker.script("BEGIN; INSERT INTO t VALUES (5)")
            let task = Task { try await connection.copyIn("COPY t FROM STDIN", data: data) }
            var isBlocked = false
            while !isBlocked {
                isBlocked = try await blocker.query(
                    "SELECT cardinality(pg_blocking_pids(\(connection.backendPID))) > 0"
                ).scalar()
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await blocker.script("ROLLBACK")
            #expect(try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self) == 0)
            await connection.close()
            await blocker.close()
        }
    }
}

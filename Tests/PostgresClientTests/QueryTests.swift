import PostgresClient
import Synchronization
import TestSupport
import Testing

@Suite struct QueryTests {
    @Test func givesSeveralRowsWithNulls() async throws {
        let connection = try await TestCluster.shared.connect()
        let rows = try await connection.query(
            "SELECT n, CASE WHEN n % 2 = 0 THEN 'even' END AS word FROM generate_series(1, 3) AS n ORDER BY n")
        #expect(rows.columns == ["n", "word"])
        #expect(try rows.map { try $0.decode("n", as: Int.self) } == [1, 2, 3])
        #expect(try rows.map { try $0.decode("word", as: String?.self) } == [nil, "even", nil])
        #expect(rows.tag == "SELECT 3")
        await connection.close()
    }

    @Test func carriesEveryTypeThereAndBack() async throws {
        let connection = try await TestCluster.shared.connect()
        let bytes = (0...255).map { UInt8($0) }
        let words = ["", "a b", "NULL", #"quo"te \ back"#, "ä,{}", "line\nbreak"]
        let none: [UInt8]? = nil
        // Three times: unprepared, preparing, prepared.
        for _ in 0..<3 {
            let row = try await connection.query(
                """
                SELECT \("it's; -- \"x\"")::text AS t, \(Int.min)::bigint AS i, \(Int32.max)::int AS i4, \(true)::bool AS b,
                    \(0.1)::float8 AS d, \(Double.nan)::float8 AS nan, \(-Double.infinity)::float8 AS inf,
                    \(bytes)::bytea AS y, \(words)::text[] AS w, \([1, -2])::bigint[] AS n,
                    \(none)::bytea AS none, \([String]())::text[] AS empty
                """
            ).single()
            #expect(try row.decode("t") == "it's; -- \"x\"")
            #expect(try row.decode("i") == Int.min)
            #expect(try row.decode("i4") == Int32.max)
            #expect(try row.decode("b") == true)
            #expect(try row.decode("d") == 0.1)
            #expect(try row.decode("nan", as: Double.self).isNaN)
            #expect(try row.decode("inf") == -Double.infinity)
            #expect(try row.decode("y") == bytes)
            #expect(try row.decode("w") == words)
            #expect(try row.decode("n") == [1, -2])
            #expect(try row.decode("none", as: [UInt8]?.self) == nil)
            #expect(try row.decode("empty", as: [String].self) == [])
        }
        try await connection.script("SET bytea_output = 'escape'")
        let escaped = try await connection.query("SELECT \(bytes)::bytea").scalar(as: [UInt8].self)
        #expect(escaped == bytes)
        await connection.close()
    }

    @Test(arguments: [
        ("99999999999999999999", "it is not a number in the range of this type"),
        ("'NaN'::numeric", "it is not a number in the range of this type"),
        ("1.5", "it is not a number in the range of this type"),
        ("NULL", "it is NULL"),
    ])
    func refusesWhatIsNotAnInt(_ expression: String, _ reason: String) async throws {
        let connection = try await TestCluster.shared.connect()
        let row = try await connection.query("SELECT \(raw: expression) AS x").single()
        let error = #expect(throws: RowDecodingError.self) { try row.decode("x", as: Int.self) }
        #expect(error?.message == "cannot decode column \"x\" as Int: \(reason)")
        #expect(throws: RowDecodingError.self) { try row.decode("x", as: Int32.self) }
        #expect(throws: RowDecodingError.self) { try row.decode("y", as: Int.self) }
        #expect(throws: RowDecodingError.self) { try row.decode(1, as: Int.self) }
        await connection.close()
    }

    @Test(arguments: ["'{{1,2},{3,4}}'::text[]", "'{a,NULL}'::text[]", "'no array'::text"])
    func refusesOtherArrays(_ expression: String) async throws {
        let connection = try await TestCluster.shared.connect()
        let row = try await connection.query("SELECT \(raw: expression) AS x").single()
        #expect(throws: RowDecodingError.self) { try row.decode("x", as: [String].self) }
        let shifted = try await connection.query("SELECT '[0:1]={a,b}'::text[]").scalar(as: [String].self)
        #expect(shifted == ["a", "b"])
        await connection.close()
    }

    @Test func reportsEverythingThatTheServerSays() async throws {
        let connection = try await TestCluster.shared.connect()
        let syntax = await #expect(throws: ServerError.self) { try await connection.execute("SELECT 'ä', FORM x") }
        #expect(syntax?.sqlState == "42703" || syntax?.sqlState == "42601")
        #expect(syntax?.position == 13)
        let raised = await #expect(throws: ServerError.self) {
            try await connection.execute(
                "DO $$BEGIN RAISE 'oops' USING ERRCODE = 'ZZ123', DETAIL = 'more', HINT = 'try'; END$$")
        }
        #expect(raised?.sqlState == "ZZ123" && raised?.message == "oops" && raised?.detail == "more")
        #expect(raised?.hint == "try" && raised?.severity == "ERROR")
        #expect(raised?.context?.contains("inline_code_block") == true)
        try await connection.script("CREATE TEMP TABLE t (a int CONSTRAINT positive CHECK (a > 0))")
        let check = await #expect(throws: ServerError.self) { try await connection.query("INSERT INTO t VALUES (-1)") }
        #expect(check?.sqlState == "23514" && check?.constraint == "positive" && check?.table == "t")
        #expect(connection.isUsable)
        await connection.close()
    }

    @Test func executesExactlyOneStatement() async throws {
        let connection = try await TestCluster.shared.connect()
        let created = try await connection.execute("CREATE TEMP TABLE t AS SELECT generate_series(1, 5)")
        #expect(created == CommandResult.make("SELECT 5", affected: 5))
        let inserted = try await connection.execute("INSERT INTO t VALUES (1), (2) RETURNING 1")
        #expect(inserted == CommandResult.make("INSERT 0 2", affected: 2, returned: 2))
        let many = try await connection.execute("SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
        #expect(many.rowsReturned == 20000)
        let empty = try await connection.execute("-- nothing")
        #expect(empty == CommandResult.make("", affected: nil))
        let two = await #expect(throws: ServerError.self) {
            try await connection.execute("SELECT 1; DROP TABLE t")
        }
        #expect(two?.sqlState == "42601")
        let copied = try await connection.execute("COPY t TO STDOUT")
        #expect(copied.tag == "COPY 7")
        let noData = await #expect(throws: ServerError.self) { try await connection.execute("COPY t FROM STDIN") }
        #expect(noData?.sqlState == "57014")
        await #expect(throws: CommandError.self) { try await connection.execute("SELECT 1\0; SELECT 2") }
        await #expect(throws: CommandError.self) { try await connection.query("SELECT \("a\0b")") }
        let left = try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self)
        #expect(left == 7)
        await connection.close()
    }

    @Test func runsScriptsInOneTrip() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.script("CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1); SELECT * FROM t")
        let error = await #expect(throws: ServerError.self) {
            try await connection.script("INSERT INTO t VALUES (2); SELECT 1/0; INSERT INTO t VALUES (3)")
        }
        #expect(error?.sqlState == "22012")
        #expect(try await connection.query("SELECT count(*) FROM t").scalar(as: Int.self) == 1)
        await connection.close()
    }

    @Test func deliversNoticesBeforeTheCommandReturns() async throws {
        let seen = Mutex<[ServerNotice]>([])
        let connection = try await Connection.open(
            TestCluster.shared.parameters(), applicationName: "notices",
            onNotice: { notice in seen.withLock { $0.append(notice) } })
        try await connection.execute(
            "DO $$BEGIN RAISE NOTICE 'one' USING DETAIL = 'd'; RAISE WARNING 'two'; END$$")
        let notices = seen.withLock { $0 }
        #expect(notices.map(\.severity) == ["NOTICE", "WARNING"])
        #expect(notices.map(\.message) == ["one", "two"])
        #expect(notices.first?.detail == "d")
        await connection.close()
    }

    @Test func hearsNotifications() async throws {
        let listener = try await TestCluster.shared.connect()
        let speaker = try await TestCluster.shared.connect()
        try await listener.execute("LISTEN \"Some Channel\"")
        for number in 1...3 {
            try await speaker.query("SELECT pg_notify('Some Channel', \("\(number)"))")
        }
        var heard: [Notification] = []
        for await notification in listener.notifications {
            heard.append(notification)
            if heard.count == 3 { break }
        }
        #expect(heard.map(\.payload) == ["1", "2", "3"])
        #expect(heard.allSatisfy { $0.channel == "Some Channel" && $0.pid == speaker.backendPID })
        await speaker.close()
        await listener.close()
        // The stream ends with the session.
        for await _ in listener.notifications {}
    }

    @Test func knowsItsServer() async throws {
        let connection = try await TestCluster.shared.connect()
        let pid = try await connection.query("SELECT pg_backend_pid()").scalar(as: Int32.self)
        let version = try await connection.query("SHOW server_version_num").scalar(as: Int.self)
        #expect(connection.backendPID == pid && connection.serverVersion == version)
        #expect(await connection.parameterStatus("client_encoding") == "UTF8")
        #expect(await connection.parameterStatus("application_name") == "tests")
        #expect(await connection.parameterStatus("no_such_thing") == nil)
        await connection.close()
    }

    @Test func survivesStalePreparedStatements() async throws {
        let connection = try await TestCluster.shared.connect()
        try await connection.script("CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1)")
        func read() async throws -> Int { try await connection.query("SELECT * FROM t").first?.columns.count ?? 0 }
        for _ in 0..<3 { #expect(try await read() == 1) }
        #expect(try await connection.query("SELECT count(*) FROM pg_prepared_statements").scalar(as: Int.self) == 1)
        // The result's type changes.
        try await connection.execute("ALTER TABLE t ADD COLUMN b int")
        for _ in 0..<3 { #expect(try await read() == 2) }
        // The statements go, once with our knowing and once behind our back.
        try await connection.execute("DEALLOCATE ALL")
        for _ in 0..<3 { #expect(try await read() == 2) }
        try await connection.execute("DO $$BEGIN EXECUTE 'DEALLOCATE ALL'; END$$")
        for _ in 0..<3 { #expect(try await read() == 2) }
        // A statement with another type of parameter is another statement.
        for _ in 0..<3 {
            #expect(try await connection.query("SELECT \([UInt8(65)])::bytea").scalar(as: [UInt8].self) == [65])
            #expect(try await connection.query("SELECT \("\\x41")::bytea").scalar(as: [UInt8].self) == [65])
        }
        await connection.close()
    }

    @Test func preparesABoundedNumberOfStatements() async throws {
        let connection = try await TestCluster.shared.connect()
        for number in 0..<200 {
            for _ in 0..<2 {
                let query = Query(raw: "SELECT \(number)")
                #expect(try await connection.query(query).scalar(as: Int.self) == number)
            }
        }
        let count = try await connection.query("SELECT count(*) FROM pg_prepared_statements").scalar(as: Int.self)
        #expect(count == 128)
        await connection.close()
    }
}

extension CommandResult {
    static func make(_ tag: String, affected: Int?, returned: Int = 0) -> CommandResult {
        CommandResult(tag: tag, affectedRows: affected, rowsReturned: returned)
    }
}

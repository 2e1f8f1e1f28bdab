import PostgresClient
import Testing

@Suite struct ConnectionStringTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let url: String
        let values: [String: String]
        var testDescription: String { url }

        init(_ url: String, _ values: [String: String]) {
            self.url = url
            self.values = values
        }
    }

    @Test(arguments: [
        Case("postgresql://", [:]),
        Case("postgres://localhost", ["host": "localhost"]),
        Case("postgresql://localhost:5433", ["host": "localhost", "port": "5433"]),
        Case("postgresql://localhost/mydb", ["host": "localhost", "dbname": "mydb"]),
        Case("postgresql://user@localhost", ["host": "localhost", "user": "user"]),
        Case("postgresql://user:secret@localhost", ["host": "localhost", "user": "user", "password": "secret"]),
        Case(
            "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
            [
                "host": "localhost", "user": "other", "dbname": "otherdb", "connect_timeout": "10",
                "application_name": "myapp",
            ]),
        Case(
            "postgresql://host1:123,host2:456/somedb?target_session_attrs=any",
            ["host": "host1,host2", "port": "123,456", "dbname": "somedb", "target_session_attrs": "any"]),
        Case("postgresql://h1,h2:5433/d", ["host": "h1,h2", "port": ",5433", "dbname": "d"]),
        Case("postgresql://[2001:db8::1234]/database", ["host": "2001:db8::1234", "dbname": "database"]),
        Case("postgresql://[::1]:5433/d", ["host": "::1", "port": "5433", "dbname": "d"]),
        Case("postgresql:///mydb?host=localhost&port=5433", ["dbname": "mydb", "host": "localhost", "port": "5433"]),
        Case("postgresql:///dbname?host=/var/lib/postgresql", ["dbname": "dbname", "host": "/var/lib/postgresql"]),
        Case("postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", ["dbname": "dbname", "host": "/var/lib/postgresql"]),
        Case("postgresql://u:a%40b%3A%2F%25@h/d", ["user": "u", "password": "a@b:/%", "host": "h", "dbname": "d"]),
        Case("postgresql://h/d%20e?options=-c%20a%3Db", ["host": "h", "dbname": "d e", "options": "-c a=b"]),
        Case("postgresql://h/d?ssl=true", ["host": "h", "dbname": "d", "sslmode": "require"]),
        Case("postgresql://u:a+b@h/d", ["user": "u", "password": "a+b", "host": "h", "dbname": "d"]),
        Case(
            "postgresql+asyncpg://user:p%40ss@host:5432/db",
            ["user": "user", "password": "p@ss", "host": "host", "port": "5432", "dbname": "db"]),
        Case(
            "postgresql+psycopg2://scott:pa/ss:x@localhost:5432/app",
            ["user": "scott", "password": "pa/ss:x", "host": "localhost", "port": "5432", "dbname": "app"]),
        Case("postgresql+asyncpg://host:5432/db", ["host": "host", "port": "5432", "dbname": "db"]),
        Case("postgresql+psycopg:///app?host=/tmp&user=me", ["dbname": "app", "host": "/tmp", "user": "me"]),
        Case(
            "postgresql+psycopg2://u@/app?host=h1:5432&host=h2:5433",
            ["user": "u", "dbname": "app", "host": "h1,h2", "port": "5432,5433"]),
        Case(
            "postgresql+asyncpg://u@h/d?ssl=verify-full&timeout=5&prepared_statement_cache_size=0",
            ["user": "u", "host": "h", "dbname": "d", "sslmode": "verify-full", "connect_timeout": "5"]),
        Case(
            "postgresql+asyncpg://u@srv:pw@h/d?application_name=a+b",
            ["user": "u@srv", "password": "pw", "host": "h", "dbname": "d", "application_name": "a b"]),
        Case("host=/tmp dbname=app", ["host": "/tmp", "dbname": "app"]),
        Case("  host = localhost  port=5432 ", ["host": "localhost", "port": "5432"]),
        Case(
            #"user='a b' password='it\'s \\ here' dbname=x\ y"#,
            ["user": "a b", "password": #"it's \ here"#, "dbname": "x y"]),
        Case("password='' dbname=a", ["dbname": "a"]),
    ])
    func reads(_ example: Case) throws {
        let parameters = try ConnectionParameters(url: example.url)
        #expect(parameters == ConnectionParameters(example.values))
    }

    @Test(arguments: [
        "", "app", "mysql://u:hunter2@h/d", "postgresql://u:hunter2@h:99999/d", "postgresql://u:hun/ter2@h/d",
        "postgresql://u:hunter2@h/d?x=hunter2", "postgresql://u:hunter2%zz@h", "postgresql://u:hunter2%0@h",
        "postgresql://u:hunter2%00@h", "postgresql://u:hunter2%ff@h", "postgresql://u:hunter2@[::1/d",
        "postgresql://u:hunter2@[::1]x/d", "postgresql://u:hunter2@h/d?novalue", "host=h password=hunter2 hunter2",
        "host=h password=a hunter2=3", "host=h password='hunter2", "password = my hunter2", "host=h port=http",
        "postgresql://h:hunter2/d", "postgresql+asyncpg://u:a?hunter2=x@h:hunter2/d", "postgresql://h/d\0",
    ])
    func refusesWithoutQuotingSecrets(_ url: String) throws {
        let error = #expect(throws: ConnectionStringError.self) { try ConnectionParameters(url: url) }
        let message = try #require(error?.message)
        #expect(message.hasPrefix("cannot read the connection string: "))
        if !url.contains("x=hunter2") {
            #expect(!message.contains("hunter2") && !message.contains("ter2"))
        }
    }

    @Test func namesAnUnknownParameter() throws {
        let error = #expect(throws: ConnectionStringError.self) {
            try ConnectionParameters(url: "postgresql://h/d?sslmod=require")
        }
        #expect(error?.message == "cannot read the connection string: unknown parameter \"sslmod\"")
    }

    @Test func neverShowsAPassword() throws {
        let parameters = try ConnectionParameters(url: "postgresql://me:hunter2@h:5432/d?sslpassword=hunter2")
        struct Holder { let parameters: ConnectionParameters }
        let holder = Holder(parameters: parameters)
        var dumped = ""
        dump(holder, to: &dumped)
        let shown = [
            "\(parameters)", String(reflecting: parameters), parameters.redacted, "\(holder)", "\([parameters])",
            dumped,
            "\(Optional(parameters) as Any)", "\(["a": parameters])",
        ]
        for text in shown {
            #expect(!text.contains("hunter2"), "\(text)")
        }
        #expect(parameters.redacted == "host=h port=5432 dbname=d user=me password=*** sslpassword=***")
        #expect(parameters["password"] == "hunter2")
    }

    @Test func givesAnotherDatabase() throws {
        let parameters = try ConnectionParameters(url: "postgresql://me:pw@h/d")
        let other = parameters.with(database: "e f")
        #expect(other["dbname"] == "e f" && other["user"] == "me" && parameters["dbname"] == "d")
        #expect(other.redacted.contains("dbname='e f'"))
    }
}

import Glibc
import Host
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(15))) struct PostgresToolsTests {
    @Test func dumpsAndRestores() async throws {
        try await TestCluster.with { test in
            try await test.sql("create database source")
            try await test.sql(
                """
                create table t as select n, md5(n::text) as h from generate_series(1, 20000) n;
                create schema "odd ""name"; create table "odd ""name".x (a int);
                create schema "oddname"; create table oddname.kept (a int)
                """, database: "source")
            let archive = test.directory("archive")
            var request = PostgresTools.DumpRequest(
                connection: test.cluster.connection(database: "source"), directory: archive)
            request.excludedSchemas = ["odd \"name", "nothing*"]
            try await test.tools.dump(request)
            #expect(mode(of: archive) == 0o700)
            for file in try DirectoryTree.files(in: archive) { #expect(mode(of: file.path) == 0o600, "\(file.name)") }
            let contents = try await test.tools.contents(of: archive)
            #expect(contents.contains { $0.contains("TABLE DATA public t ") })
            #expect(!contents.contains { $0.contains("TABLE DATA odd ") })

            try await test.sql("create database copy")
            let restore = PostgresTools.RestoreRequest(
                archive: archive, connection: test.cluster.connection(database: "copy"))
            try await test.tools.restore(restore)
            let copied = try await test.sql("select count(*), max(h) from t", database: "copy")
            #expect(copied == (try await test.sql("select count(*), max(h) from t", database: "source")))
            let schemas = "select string_agg(nspname, ',' order by 1) from pg_namespace where nspname like 'odd%'"
            #expect(try await test.sql(schemas, database: "copy") == "oddname")

            try await test.tools.writeScript(of: archive, to: test.directory("plain.sql"))
            #expect(try TextFiles.readText(test.directory("plain.sql")).contains("CREATE TABLE public.t"))
            #expect(mode(of: test.directory("plain.sql")) == 0o600)

            // Into what is there already: the first error ends it.
            let again = await #expect(throws: ToolError.self) { try await test.tools.restore(restore) }
            #expect(again?.cause == .failed)
            #expect(again?.reason.contains("already exists") == true, "\(String(describing: again))")
        }
    }

    @Test func anArchiveThatOthersHavePackedIsAsOneThatItHasPackedItself() async throws {
        try await TestCluster.with { test in
            try await test.sql("create table t as select n from generate_series(1, 1000) n")
            let archive = test.directory("archive")
            try await test.tools.dump(.init(connection: test.cluster.connection, directory: archive))
            let data = try #require(try DirectoryTree.files(in: archive).first { $0.name != "toc.dat" })
            try await test.tools.runner.run(ToolRunner.Command("/bin/gzip", [data.path]))
            try PostgresTools.noteGzip(in: archive)
            // "Compression: 1" before 16, "Compression: gzip" since.
            let said = try await test.tools.contents(of: archive).first { $0.contains("Compression: ") }
            #expect(said?.hasSuffix("none") == false && said?.hasSuffix("0") == false, "\(said ?? "")")
            try await test.sql("drop table t")
            try await test.tools.restore(.init(archive: archive, connection: test.cluster.connection))
            #expect(try await test.sql("select sum(n) from t") == "500500")
        }
    }

    @Test func keepsPasswordsOutOfSightAndExplainsFailures() async throws {
        let password = "geheim: \\'x\" y"
        try await TestCluster.with { test in
            try await test.sql(
                "create table t (a int); create role guest login password '\(password.split(separator: "'").joined(separator: "''"))'"
            )
            let rules = "local all postgres trust\nlocal all all scram-sha-256\n"
            try AtomicFile.write(test.cluster.directory + "/data/pg_hba.conf", text: rules, mode: 0o644)
            try await test.sql("select pg_reload_conf()")
            var connection = test.cluster.connection
            connection["user"] = "guest"
            connection["password"] = password
            let archive = test.directory("archive")
            let seen = Mutex<[String]>([])
            var request = PostgresTools.DumpRequest(connection: connection, directory: archive)
            request.isVerbose = true
            let denied = await #expect(throws: ToolError.self) {
                try await test.tools.dump(request) { line in
                    seen.withLock { $0.append(processesThatShow("geheim") ?? line) }
                }
            }
            #expect(denied?.cause == .permissionDenied)
            #expect(denied?.reason.contains("permission denied for table t") == true)
            #expect(denied?.hint?.contains("pg_read_all_data") == true)
            #expect(!seen.withLock { $0 }.isEmpty)
            #expect(!seen.withLock { $0 }.contains { $0.hasPrefix("/proc") })
            #expect("\(String(describing: denied))".contains("geheim") == false)

            try await test.sql("grant pg_read_all_data to guest")
            try DirectoryTree.remove(archive)
            try await test.tools.dump(request)

            request.connection["password"] = "wrong"
            request.directory = test.directory("second")
            let wrong = await #expect(throws: ToolError.self) { try await test.tools.dump(request) }
            #expect(wrong?.cause == .authentication)
            request.connection["password"] = nil
            let none = await #expect(throws: ToolError.self) { try await test.tools.dump(request) }
            #expect(none?.cause == .authentication)
            request.connection["host"] = test.directory.path
            let nobody = await #expect(throws: ToolError.self) { try await test.tools.dump(request) }
            #expect(nobody?.cause == .unreachable)
        }
    }

    @Test func saysThatTheDiskIsFullAndCanBeCancelled() async throws {
        try await TestCluster.with { test in
            try await test.sql(
                "create table t as select md5(n::text) || md5((n + 1)::text) as h from generate_series(1, 100000) n")
            var request = PostgresTools.DumpRequest(
                connection: test.cluster.connection, directory: test.directory("small/archive"))
            try DirectoryTree.make(test.directory("small"))
            if mount("tmpfs", test.directory("small"), "tmpfs", 0, "size=1m") == 0 {
                defer { umount(test.directory("small")) }
                let full = await #expect(throws: ToolError.self) { try await test.tools.dump(request) }
                #expect(full?.cause == .noSpace, "\(String(describing: full))")
                #expect(full?.hint != nil)
            } else {
                print("skipped: no file system can be mounted here (\(errno))")
            }

            // A lock that is held makes the dump wait until it is cancelled.
            request.directory = test.directory("waits")
            request.isVerbose = true
            let blocker = Task { try await test.sql("begin; lock table t; select pg_sleep(1000)") }
            try await test.sql(
                "do $$ begin while not exists (select from pg_locks where relation = 't'::regclass and granted) loop perform pg_sleep(0.01); end loop; end $$"
            )
            let (lines, sink) = AsyncStream<String>.makeStream()
            let dump = Task { [request] in
                await #expect(throws: ToolError.self) { try await test.tools.dump(request) { sink.yield($0) } }
            }
            for await _ in lines { break }
            dump.cancel()
            #expect(await dump.value?.cause == .cancelled)
            request.lockTimeout = .milliseconds(20)
            request.directory = test.directory("gives up")
            let patient = request
            let late = await #expect(throws: ToolError.self) { try await test.tools.dump(patient) }
            #expect(late?.cause == .timedOut, "\(String(describing: late))")
            blocker.cancel()
            _ = try? await blocker.value
        }
    }

    @Test func findsTheProgramsForAServer() async throws {
        let newest = try await PostgresTools.discover(serverVersion: 0)
        #expect(newest.version.major >= 13)
        #expect(try await PostgresTools.discover(serverVersion: 130005).version.major >= 13)
        let tooNew = await #expect(throws: ToolError.self) { try await PostgresTools.discover(serverVersion: 990001) }
        #expect(tooNew?.cause == .versionMismatch)
        #expect(tooNew?.reason.contains("the server is of version 99.1") == true)
        #expect(tooNew?.hint == "install the package \"postgresql-client-99\"")
        let empty = try TemporaryDirectory()
        let none = await #expect(throws: ToolError.self) {
            try await PostgresTools.discover(serverVersion: 150001, preferred: empty.path)
        }
        #expect(none?.cause == .missing)
        #expect(none?.description == "cannot run \"pg_dump\": no programs of PostgreSQL are in \"\(empty.path)\"")
    }

    @Test func aConfiguredDirectoryCounts() async throws {
        let directory = try TemporaryDirectory()
        for program in ["pg_dump", "pg_restore"] {
            try directory.write(program, "#!/bin/sh\necho '\(program) (PostgreSQL) 42.7 (Ours 42.7-1)'\n", mode: 0o755)
        }
        let tools = try await PostgresTools.discover(serverVersion: 150001, preferred: directory.path)
        #expect(tools.version == ToolVersion(major: 42, minor: 7))
        #expect(tools.directory == directory.path)
        #expect(!tools.hasServer)
        // The programs of a server may be elsewhere.
        let installed = try await PostgresTools.discover(serverVersion: 0, withServer: true)
        let server = try await PostgresTools.discover(
            serverVersion: installed.version.major * 10_000, preferred: directory.path, withServer: true)
        #expect(server.directory == installed.directory && server.hasServer)
    }

    @Test func readsVersions() {
        #expect(
            ToolVersion(parsing: "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
                == ToolVersion(major: 15, minor: 18))
        #expect(ToolVersion(parsing: "pg_dump (PostgreSQL) 19beta1") == ToolVersion(major: 19, minor: -1))
        #expect(ToolVersion(parsing: "pg_dump 1.0") == nil)
        #expect(ToolVersion(major: 15, minor: 3).isBehind(serverVersion: 150004))
        #expect(!ToolVersion(major: 15, minor: 4).isBehind(serverVersion: 150004))
        #expect(!ToolVersion(major: 16, minor: 0).isBehind(serverVersion: 150004))
        #expect("\(ToolVersion(serverVersion: 150018))" == "15.18")
    }
}

/// The place in `/proc` where a process shows that text to others, or nil.
private func processesThatShow(_ secret: String) -> String? {
    let processes = ((try? DirectoryTree.entries(of: "/proc")) ?? []).filter {
        Int32($0) != nil && Int32($0) != getpid()
    }
    for process in processes {
        for file in ["cmdline", "environ"] {
            guard let bytes = try? TextFiles.readBytes("/proc/\(process)/\(file)") else { continue }
            if String(decoding: bytes, as: UTF8.self).contains(secret) { return "/proc/\(process)/\(file)" }
        }
    }
    return nil
}

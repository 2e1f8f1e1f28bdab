import Glibc
import Host
import Testing

@Suite(.timeLimit(.minutes(15))) struct EmbeddedClusterTests {
    @Test func keepsItsDataAndListensOnItsSocketOnly() async throws {
        let directory = try TemporaryDirectory()
        let first = try await EmbeddedCluster.start(directory: directory("c"))
        let tools = try await PostgresTools.discover(serverVersion: 0, withServer: true)
        let socket = first.socketDirectory
        #expect(socket == directory("c/socket"))
        #expect(mode(of: directory("c")) == 0o700)
        let accepts = await tools.acceptsConnections(first.connection)
        #expect(accepts)
        _ = try await TestCluster.sql("create table t as select 42 as a", first.connection, tools)
        #expect(try await TestCluster.sql("show listen_addresses", first.connection, tools) == "")
        #expect(try await TestCluster.sql("show data_checksums", first.connection, tools) == "on")
        if SystemAccount.isRoot {
            var status = stat()
            #expect(stat("/proc/\(first.pid)", &status) == 0 && status.st_uid != 0)
        }
        // It is served: nobody else may start it.
        let impatient = impatient(.milliseconds(100))
        let second = await #expect(throws: ToolError.self) {
            try await EmbeddedCluster.start(directory: directory("c"), options: impatient)
        }
        #expect(second?.reason == "another server (pid \(first.pid)) serves \"\(directory("c/data"))\"")
        await first.stop()
        let end = await first.waitUntilEnded()
        #expect(end == nil)
        let stillAccepts = await tools.acceptsConnections(first.connection)
        #expect(!stillAccepts)

        // What a crash left: a number that is another process's by now, and the socket's lock.
        try directory.write(
            "c/data/postmaster.pid", "\(getpid())\n\(directory("c/data"))\n1\n5432\n\(socket)\n\n  0 0\nready   \n")
        try directory.write("c/socket/.s.PGSQL.5432.lock", "\(getpid())\n")
        if SystemAccount.isRoot { chown(directory("c/data/postmaster.pid"), SystemAccount.forClusters?.uid ?? 0, 0) }
        let again = try await EmbeddedCluster.start(directory: directory("c"))
        #expect(try await TestCluster.sql("select a from t", again.connection, tools) == "42")
        try await again.stopAndRemove()
        #expect(!TextFiles.exists(directory("c")))
    }

    private func impatient(_ timeout: Duration) -> EmbeddedCluster.Options {
        var options = EmbeddedCluster.Options()
        options.startTimeout = timeout
        return options
    }

    @Test func tellsWhyItDoesNotStartAndWhenItEnds() async throws {
        let directory = try TemporaryDirectory()
        var options = EmbeddedCluster.Options.scratch
        options.settings["shared_buffers"] = "nonsense"
        let bad = options
        let failed = await #expect(throws: ToolError.self) {
            try await EmbeddedCluster.start(directory: directory("c"), options: bad)
        }
        #expect(failed?.cause == .failed)
        #expect(failed?.reason.contains("nonsense") == true, "\(String(describing: failed))")
        options.settings["shared_buffers"] = "16MB"
        let cluster = try await EmbeddedCluster.start(directory: directory("c"), options: options)
        kill(cluster.pid, SIGKILL)
        let end = await cluster.waitUntilEnded()
        #expect(end?.signal == SIGKILL)
        // A killed server's remains are no obstacle.
        let again = try await EmbeddedCluster.start(directory: directory("c"), options: options)
        await again.stop()
    }

    @Test func aLongPathGetsAShortSocket() async throws {
        let directory = try TemporaryDirectory()
        let long = directory(String(repeating: "long/", count: 20) + "c")
        try DirectoryTree.make(long, mode: 0o755)
        let cluster = try await EmbeddedCluster.start(directory: long, options: .scratch)
        let socket = cluster.socketDirectory
        #expect(socket.hasPrefix("/tmp/"))
        #expect(TextFiles.exists(socket))
        await cluster.stop()
        #expect(!TextFiles.exists(socket))
    }

    @Test func cancellationLeavesNoServer() async throws {
        let directory = try TemporaryDirectory()
        let watcher = DirectoryWatcher(directories: [directory("c")], matching: { _ in true })
        let changes = watcher.changes()
        let start = Task {
            await #expect(throws: ToolError.self) {
                try await EmbeddedCluster.start(directory: directory("c"), options: .scratch)
            }
        }
        // The log is made when the server is started.
        for await _ in changes where TextFiles.exists(directory("c/log")) { break }
        start.cancel()
        #expect(await start.value?.cause == .cancelled)
        let again = try await EmbeddedCluster.start(directory: directory("c"), options: .scratch)
        await again.stop()
    }

    @Test func theServerDiesWithAParentThatIsKilled() async throws {
        let directory = try TemporaryDirectory()
        let path: String = directory("c")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let cluster = try await EmbeddedCluster.start(directory: path)
            kill(cluster.pid > 0 ? getpid() : 0, SIGKILL)
        }
        // Starting anew waits for the old one's end, which is a clean one.
        let again = try await EmbeddedCluster.start(directory: path)
        let log = try TextFiles.readText(again.logFile)
        #expect(log.contains("database system is shut down"))
        #expect(!log.contains("was not properly shut down"))
        await again.stop()
    }
}

import Liveness

/// One start of an embedded cluster's server, up to where it accepts connections.
struct ClusterStart: Sendable {
    let files: ClusterFiles
    let tools: PostgresTools
    let options: EmbeddedCluster.Options
    let account: SystemAccount?
    let socketDirectory: String

    /// A server that accepts connections.
    struct Started: Sendable {
        var pid: Int32
        var server: Task<ToolError?, Never>
    }

    private enum News: Sendable {
        case ready(Int32)
        case ended(ToolError?)
        case late
    }

    /// Starts the server and waits for it, by what it writes into its `postmaster.pid`.
    func run() async throws(ToolError) -> Started {
        try await makeRoom()
        let child = ChildNumber()
        let (news, sink) = AsyncStream<News>.makeStream()
        let look: @Sendable () -> Void = { [files] in
            guard let (pid, state) = files.serverState(), pid == child.value, state == "ready" else { return }
            sink.yield(.ready(pid))
        }
        // Watched before the server begins: nothing that it writes goes unseen.
        let changes = DirectoryWatcher(directories: [files.data], matching: { $0 == "postmaster.pid" }).changes()
        let watcher = Task { for await _ in changes { look() } }
        let timer = Task { [options] in
            try await Task.sleep(for: options.startTimeout)
            sink.yield(.late)
        }
        defer {
            watcher.cancel()
            timer.cancel()
        }
        let server = spawn { pid in
            child.set(pid)
            look()
        } atEnd: {
            sink.yield(.ended($0))
        }
        return try await judge(await first(of: news), server)
    }

    private func judge(_ news: News, _ server: Task<ToolError?, Never>) async throws(ToolError) -> Started {
        switch news {
        case .ready(let pid):
            return Started(pid: pid, server: server)
        case .ended(let error):
            throw failed(error)
        case .late:
            server.cancel()
            _ = await server.value
            if Task.isCancelled {
                throw ToolError(program: "postgres", cause: .cancelled, reason: "it was cancelled")
            }
            throw ToolError(
                program: "postgres", cause: .timedOut,
                reason: "it does not accept connections after \(options.startTimeout.components.seconds) s",
                standardError: files.endOfLog(20), hint: "read \"\(files.log)\"")
        }
    }

    private func first(of news: AsyncStream<News>) async -> News {
        await Vigil.waiting {
            for await item in news { return item }
            return .late
        }
    }

    /// Waits for a server that is on its way out, as after our own sudden death, and clears what is left of one.
    private func makeRoom() async throws(ToolError) {
        let clock = ContinuousClock()
        let deadline = clock.now + options.startTimeout
        while let pid = files.inhabitants().first {
            // Somebody else's child: its end is no event for us.
            guard clock.now < deadline,
                (try? await Vigil.waiting { try await clock.sleep(for: .milliseconds(50)) }) != nil
            else {
                throw ToolError(
                    program: "postgres", cause: Task.isCancelled ? .cancelled : .timedOut,
                    reason: "another server (pid \(pid)) serves \"\(files.data)\"", hint: "stop that server")
            }
        }
        do throws(FileError) {
            try files.removeLeftovers(socketDirectory: socketDirectory)
        } catch {
            throw ToolError(program: "postgres", error)
        }
    }

    private func spawn(
        onStart: @escaping @Sendable (Int32) -> Void, atEnd: @escaping @Sendable (ToolError?) -> Void
    ) -> Task<ToolError?, Never> {
        var runner = tools.runner
        runner.limits.termination = options.stopTimeout
        var command = tools.serverCommand(
            data: files.data, socketDirectory: socketDirectory, settings: options.settings, logFile: files.log,
            account: account, endSignal: options.stopsImmediately ? .quit : .interrupt,
            isVisited: options.visitor != nil)
        command.isCutOffFromNetwork = options.isCutOffFromNetwork
        return Task { [runner, command] in
            // Whoever started the server does not wait for it as long as it runs.
            await Vigil.$current.withValue(nil) {
                var end: ToolError? = ToolError(program: "postgres", cause: .failed, reason: "it ended by itself")
                do throws(ToolError) {
                    try await runner.run(command, onStart: onStart)
                } catch {
                    end = error.cause == .cancelled ? nil : error
                }
                atEnd(end)
                return end
            }
        }
    }

    private func failed(_ error: ToolError?) -> ToolError {
        var failure = error ?? ToolError(program: "postgres", cause: .failed, reason: "it ended by itself")
        failure.standardError = files.endOfLog(20)
        if let line = failure.standardError.last(where: { $0.contains("FATAL:") }) { failure.reason = line }
        failure.hint = failure.hint ?? "read \"\(files.log)\""
        return files.explain(ToolDiagnosis.explain(failure, tools: tools.version), account: account)
    }
}

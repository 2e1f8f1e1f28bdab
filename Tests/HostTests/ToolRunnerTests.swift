import Glibc
import Host
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(15))) struct ToolRunnerTests {
    let directory: TemporaryDirectory
    let runner = ToolRunner()

    init() throws { directory = try TemporaryDirectory() }

    private func shell(_ script: String) -> ToolRunner.Command { ToolRunner.Command("/bin/sh", ["-c", script]) }

    @Test func givesOutputStatusAndLines() async throws {
        let lines = Mutex<[String]>([])
        let outcome = try await runner.run(shell("echo out; echo one >&2; printf two >&2")) { line in
            lines.withLock { $0.append(line) }
        }
        #expect(outcome.outputText == "out")
        #expect(outcome.standardError == ["one", "two"])
        #expect(lines.withLock { $0 } == ["one", "two"])
    }

    @Test func reportsExitStatusAndSignal() async throws {
        let failed = await #expect(throws: ToolError.self) { try await runner.run(shell("echo bad news >&2; exit 3")) }
        #expect(failed?.exitStatus == 3)
        #expect(failed?.cause == .failed)
        #expect(failed?.description == "cannot run \"sh\": it ended with exit status 3: bad news")
        let killed = await #expect(throws: ToolError.self) { try await runner.run(shell("kill -SEGV $$")) }
        #expect(killed?.signal == SIGSEGV)
        #expect(killed?.cause == .signalled)
        var command = shell("exit 3")
        command.accepted = [0, 3]
        #expect(try await runner.run(command).exitStatus == 3)
    }

    @Test func saysThatAProgramIsMissing() async throws {
        let missing = await #expect(throws: ToolError.self) {
            try await runner.run(ToolRunner.Command("/no/such/tool"))
        }
        #expect(missing?.cause == .missing)
        #expect(missing?.description == "cannot run \"tool\": there is no such program")
        try directory.write("text", "no program", mode: 0o644)
        let text = await #expect(throws: ToolError.self) { try await runner.run(ToolRunner.Command(directory("text"))) }
        #expect(text?.cause == .missing)
    }

    @Test func givesACleanEnvironmentAndNoInput() async throws {
        setenv("HOST_TESTS_SECRET", "x", 1)
        var command = ToolRunner.Command("/usr/bin/env", [], environment: ["GIVEN": "yes"])
        let variables = try await runner.run(command).outputText.split(separator: "\n").map(String.init)
        #expect(Set(variables.map { $0.prefix { $0 != "=" } }) == ["PATH", "LC_ALL", "GIVEN"])
        command = shell("wc -c; pwd; ls /proc/self/fd | wc -l; ps -o pgid= -p $$ | tr -d ' '; echo $$")
        command.workingDirectory = "/usr"
        let answers = try await runner.run(command).outputText.split(separator: "\n")
        #expect(answers[..<2] == ["0", "/usr"])
        #expect(answers[2] == "4", "standard input, output, error, and ls's own")
        #expect(answers[3] == answers[4], "it leads a process group of its own")
    }

    @Test func keepsOnlySoMuch() async throws {
        var runner = runner
        runner.limits.standardErrorLines = 3
        runner.limits.lineLength = 5
        runner.limits.standardOutput = 100
        let outcome = try await runner.run(shell("for i in 1 2 3 4 5; do echo line-$i >&2; done"))
        #expect(outcome.standardError == ["line-", "line-", "line-"])
        let error = await #expect(throws: ToolError.self) {
            try await runner.run(ToolRunner.Command("/usr/bin/head", ["-c", "1000000", "/dev/zero"]))
        }
        #expect(error?.description == "cannot run \"head\": it wrote more than 100 bytes" && error?.cause == .failed)
    }

    @Test func doesNotWaitForGrandchildrenThatKeepTheLineOpen() async throws {
        let outcome = try await runner.run(shell("sleep 100 & echo $!"))
        kill(Int32(outcome.outputText) ?? 0, SIGKILL)
        #expect(outcome.exitStatus == 0)
    }

    @Test func cancellationEndsTheWholeGroup() async throws {
        let pipe = try Pipe()
        let script =
            "exec 9>\(pipe.path); sleep 1000 & trap 'echo asked >\(directory("asked")); exit 0' TERM; echo up >&2; wait"
        let error = await cancelled(shell(script), runner)
        #expect(error?.cause == .cancelled)
        #expect(awaitEnd(of: pipe.readEnd))
        #expect(TextFiles.exists(directory("asked")))
    }

    @Test func cancellationKillsWhatDoesNotListen() async throws {
        let pipe = try Pipe()
        var runner = runner
        runner.limits.termination = .milliseconds(50)
        let error = await cancelled(
            shell("exec 9>\(pipe.path); trap '' TERM; echo up >&2; sleep 1000; sleep 1000"), runner)
        #expect(error?.cause == .cancelled)
        #expect(awaitEnd(of: pipe.readEnd))
    }

    @Test func cancellationSparesNoOneInTheGroup() async throws {
        let pipe = try Pipe()
        let script = "exec 9>\(pipe.path); (trap '' TERM; echo up >&2; sleep 1000; sleep 1000) & wait"
        let error = await cancelled(shell(script), runner)
        #expect(error?.cause == .cancelled)
        #expect(awaitEnd(of: pipe.readEnd))
    }

    @Test func aCancelledTaskStartsNothing() async throws {
        let path = directory("started")
        let task = Task { [runner] in
            withUnsafeCurrentTask { $0?.cancel() }
            return await #expect(throws: ToolError.self) {
                try await runner.run(ToolRunner.Command("/usr/bin/touch", [path]))
            }
        }
        #expect(await task.value?.cause == .cancelled)
        #expect(!TextFiles.exists(path))
    }

    @Test func runsAsAnotherUser() async throws {
        guard SystemAccount.isRoot, let account = SystemAccount.named("nobody") else {
            print("skipped: needs root")
            return
        }
        var command = ToolRunner.Command("/usr/bin/id", ["-un"])
        command.account = account
        #expect(try await runner.run(command).outputText == "nobody")
    }

    @Test func logsIntoAFile() async throws {
        try directory.write("log", "before\n")
        var command = shell("echo out; echo err >&2")
        command.logFile = directory("log")
        let outcome = try await runner.run(command)
        #expect(outcome.standardOutput.isEmpty)
        #expect(try TextFiles.readText(directory("log")) == "before\nout\nerr\n")
    }

    @Test func manyRunAtOnce() async throws {
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<40 {
                group.addTask { [runner] in
                    try await runner.run(ToolRunner.Command("/bin/sh", ["-c", "echo \(number)"])).outputText
                }
            }
            var seen: Set<String> = []
            for try await text in group { seen.insert(text) }
            #expect(seen.count == 40)
        }
    }

    @Test func childrenDieWithAParentThatIsKilled() async throws {
        let pipe = try Pipe()
        let path: String = pipe.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let script = "exec 9>\(path); echo up >&2; exec sleep 1000"
            _ = try await ToolRunner().run(ToolRunner.Command("/bin/sh", ["-c", script])) { _ in
                kill(getpid(), SIGKILL)
            }
        }
        #expect(awaitEnd(of: pipe.readEnd))
    }

    /// Cancels the run when the program has written its first line to standard error.
    private func cancelled(_ command: ToolRunner.Command, _ runner: ToolRunner) async -> ToolError? {
        let (lines, sink) = AsyncStream<String>.makeStream()
        let task = Task {
            await #expect(throws: ToolError.self) { try await runner.run(command) { sink.yield($0) } }
        }
        for await _ in lines { break }
        task.cancel()
        return await task.value
    }
}

/// A named pipe: its end is the end of all who have it open.
private final class Pipe {
    let path: String
    let readEnd: Int32
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        path = directory("pipe")
        guard mkfifo(path, 0o666) == 0 else { throw FileError("create", path, code: errno) }
        readEnd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }

    deinit { close(readEnd) }
}

import FoundationEssentials
import Subprocess
import TestSupport
import Testing

/// A booted machine: systemd, journald, PostgreSQL as a unit, and our install with its socket enabled.
struct Machine: Sendable {
    /// Its systemd, as the host numbers it.
    let pid: Int32

    /// The machine of the suite that runs.
    @TaskLocal static var current: Machine?
    static var ofSuite: Machine {
        get throws { try #require(current) }
    }

    /// Boots a machine for as long as `body` runs; then everything in it is killed at once, as by a power cut.
    static func boot<R: Sendable>(
        _ disk: Disk, enabling units: [String] = [], _ body: @Sendable (Machine) async throws -> R
    ) async throws -> R {
        let arguments = ["\(MachineImage.scripts)/boot"] + disk.bootArguments + units.flatMap { ["--enable", $0] }
        let result = try await Subprocess.run(
            .name("bash"), arguments: Arguments(arguments),
            environment: .custom(["PATH": Program.searchPath, "LANG": "C.UTF-8"]), input: .inputWriter,
            output: .sequence, error: .combinedWithOutput
        ) { execution -> Result<R, any Error> in
            var said: [String] = []
            for try await line in execution.standardOutput.strings() {
                said.append(line)
                let words = line.split(whereSeparator: \.isWhitespace)
                guard words.count == 2, words[0] == "ready", let pid = Int32(words[1]) else { continue }
                let result: Result<R, any Error>
                do { result = .success(try await body(Machine(pid: pid))) } catch { result = .failure(error) }
                try await execution.standardInputWriter.finish()
                return result
            }
            return .failure(UnexpectedStatus(description: "cannot boot: \(said.joined(separator: "\n"))"))
        }
        return try result.closureResult.get()
    }

    // MARK: Commands

    /// Runs a command inside, as root or as somebody else, to its end.
    func run(_ command: String..., as user: String? = nil) async throws -> Outcome { try await run(command, as: user) }

    func run(_ command: [String], as user: String? = nil) async throws -> Outcome {
        let identity = user.map { ["setpriv", "--reuid", $0, "--regid", $0, "--init-groups", "--"] } ?? []
        var outcome = try await Program.run(
            [
                "nsenter", "-t", "\(pid)", "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i", "HOME=/",
                "LANG=C.UTF-8",
            ]
                + ["PATH=\(Program.searchPath)"] + Program.options + identity + command)
        outcome.command = command.joined(separator: " ")
        return outcome
    }

    /// Runs a command inside that must succeed; returns what it wrote to its standard output.
    @discardableResult
    func expect(_ command: String..., as user: String? = nil) async throws -> String {
        let outcome = try await run(command, as: user)
        guard outcome.status == 0 else {
            // Of a unit that does not start, it says only where to look.
            let journal = command.first == "systemctl" ? "\nThe journal:\n\(try await lastOfJournal())" : ""
            throw UnexpectedStatus(description: "\(outcome)\(journal)")
        }
        return outcome.text
    }

    private func lastOfJournal() async throws -> String {
        try await run("journalctl", "-b", "--no-pager", "-n", "40").output
    }

    /// Runs SQL as PostgreSQL's superuser; returns values separated by `|`, a row a line.
    @discardableResult
    func sql(_ statement: String, in database: String = "postgres") async throws -> String {
        try await expect("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement, as: "postgres")
    }

    /// Waits until something is so, by looking again and again; for longer where a sanitizer watches.
    func until(
        _ what: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
        _ isSo: () async throws -> Bool
    ) async throws {
        let clock = ContinuousClock()
        let end = clock.now + limit * Instrumentation.slowness
        while try await !isSo() {
            guard clock.now < end else {
                let journal = try await lastOfJournal()
                Issue.record("\(what): not within \(limit). The journal:\n\(journal)", sourceLocation: sourceLocation)
                throw UnexpectedStatus(description: what)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: Units

    /// A property of a unit, as `systemctl show` prints it.
    func property(_ name: String, of unit: String = "migrated.service") async throws -> String {
        try await expect("systemctl", "show", "--value", "-p", name, unit)
    }

    /// The first line that `systemctl is-active` prints, whatever it is.
    func activity(of unit: String = "migrated.service") async throws -> String {
        try await run("systemctl", "is-active", unit).text
    }

    // MARK: Files

    /// Writes a file for everybody to read.
    func write(_ text: String, to path: String) throws {
        let inside = "/proc/\(pid)/root\(path)"
        try FileManager.default.createDirectory(
            atPath: inside.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"),
            withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: inside))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: inside)
    }

    /// Copies a file of the host's.
    func copy(_ file: String, to path: String) throws {
        try FileManager.default.copyItem(atPath: file, toPath: "/proc/\(pid)/root\(path)")
    }

    private func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: "/proc/\(pid)/root\(path)")
    }

    /// Adds a file of settings for as long as `body` runs, which has to have them read.
    func withSettings<R>(_ text: String, _ body: (_ path: String) async throws -> R) async throws -> R {
        let path = "/etc/migrated/migrated.toml.d/test.toml"
        try write(text, to: path)
        let result: Result<R, any Error>
        do { result = .success(try await body(path)) } catch { result = .failure(error) }
        try remove(path)
        return try result.get()
    }

    /// Adds a drop-in to the daemon's unit for as long as `body` runs. The daemon is restarted before and after.
    func withDropIn(_ text: String, _ body: () async throws -> Void) async throws {
        let path = "/etc/systemd/system/migrated.service.d/test.conf"
        try write(text, to: path)
        try await restart()
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try remove(path)
        try await restart()
        try result.get()
    }

    /// Restarts the daemon with its unit read anew; other tests' restarts do not count against it.
    private func restart() async throws {
        try await expect("systemctl", "daemon-reload")
        try await expect("systemctl", "reset-failed", "migrated.service")
        try await expect("systemctl", "restart", "migrated.service")
    }
}

/// Boots a machine for a suite; its tests share it.
struct MachineTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let disk = try await Disk.make(MachineImage.shared)
        defer { disk.remove() }
        try await Machine.boot(disk) { machine in
            try await machine.sql("create role migrated login")
            try await machine.sql("create database main owner migrated")
            try await Machine.$current.withValue(machine) { try await function() }
        }
    }
}

extension Trait where Self == MachineTrait {
    static var booted: Self { MachineTrait() }
}

import FoundationEssentials
import Glibc
import Logging
import Systemd
import TestSupport
import Testing

/// Entries as a real journal gives them back.
@Suite(.timeLimit(.minutes(15))) struct JournalTests {
    private struct Entry: Decodable {
        var fields: [String: String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            fields = try container.decode([String: Value].self).mapValues(\.text)
        }
    }

    /// A value is a text, or its bytes where it is not printable.
    private struct Value: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let bytes = try? container.decode([UInt8].self) {
                text = String(decoding: bytes, as: UTF8.self)
            } else {
                text = ""
            }
        }
    }

    @Test func givesBackWhatWasLogged() async throws {
        guard let journal = try await Journal.open() else { return }
        defer { journal.close() }
        let identifier = "migrated-test-\(getpid())"
        let long = String(repeating: "plan ", count: 100_000)
        var logger = Logger(label: "x") { _ in JournalLogHandler(identifier: identifier, logLevel: .debug) }
        logger[metadataKey: "database"] = "main"
        logger.info("job succeeded", metadata: ["job": "main-41", "message-id": "0123456789abcdef0123456789abcdef"])
        logger.error("two\nMESSAGE=lines", metadata: ["detail": "a\nb\u{1}", "nested": ["x": ["1", "2"]]])
        logger.debug("\(long)")
        logger.trace("unheard")
        let entries = try journal.entries(of: identifier).map { try JSONDecoder().decode(Entry.self, from: $0).fields }
        try #require(entries.count == 3)
        #expect(entries[0]["MESSAGE"] == "job succeeded")
        #expect(entries[0]["PRIORITY"] == "6")
        #expect(entries[0]["MIGRATED_JOB"] == "main-41")
        #expect(entries[0]["MIGRATED_DATABASE"] == "main")
        #expect(entries[0]["MESSAGE_ID"] == "0123456789abcdef0123456789abcdef")
        #expect(entries[0]["CODE_FILE"]?.hasSuffix("JournalTests.swift") == true)
        #expect(entries[0]["_PID"] == "\(getpid())")
        #expect(entries[1]["MESSAGE"] == "two\nMESSAGE=lines")
        #expect(entries[1]["PRIORITY"] == "3")
        #expect(entries[1]["MIGRATED_DETAIL"] == "a\nb\u{1}")
        #expect(entries[1]["MIGRATED_NESTED"]?.contains("1") == true)
        // Longer than a datagram: it went as a sealed file.
        #expect(entries[2]["MESSAGE"]?.utf8.count ?? 0 > 255 << 10)
    }
}

/// The machine's journal, or one that is started for the test where there is none.
private struct Journal {
    private var server: Int32?

    /// Nil, and a printed reason, where there can be none.
    static func open() async throws -> Journal? {
        if access("/run/systemd/journal/socket", F_OK) == 0, access("/run/systemd/system", F_OK) == 0 {
            return Journal()
        }
        let daemon = "/lib/systemd/systemd-journald"
        guard geteuid() == 0, access(daemon, X_OK) == 0, access("/etc/machine-id", R_OK) == 0 else {
            print("skipped: no journal here, and none can be started")
            return nil
        }
        mkdir("/run/systemd", 0o755)
        mkdir("/run/systemd/journal", 0o755)
        let manager = try FakeServiceManager()
        let arguments = ["--pdeathsig", "TERM", "env", "NOTIFY_SOCKET=\(manager.path)", daemon]
        let pid = try start("/usr/bin/setpriv", arguments, output: nil)
        guard await manager.next("READY") == "1" else { return nil }
        return Journal(server: pid)
    }

    func close() {
        guard let server else { return }
        kill(server, SIGTERM)
        waitpid(server, nil, 0)
    }

    func entries(of identifier: String) throws -> [Data] {
        _ = try output(["--sync"])
        return try output(["-o", "json", "--all", "-t", identifier]).split(separator: 0x0A).map { Data($0) }
    }

    private func output(_ arguments: [String]) throws -> [UInt8] {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(what: "pipe") }
        let pid = try Self.start("/usr/bin/journalctl", arguments, output: ends[1])
        Glibc.close(ends[1])
        defer { Glibc.close(ends[0]) }
        var (all, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while case let count = read(ends[0], &buffer, buffer.count), count > 0 { all += buffer[..<count] }
        waitpid(pid, nil, 0)
        return all
    }

    private static func start(_ program: String, _ arguments: [String], output: Int32?) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        let vector = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in vector { free(pointer) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, program, &actions, nil, vector, environ) == 0 else { throw Failure(what: program) }
        return pid
    }

    struct Failure: Error { var what: String }
}

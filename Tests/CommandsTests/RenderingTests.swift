import Control
import Planning
import Revisions
import Testing

@testable import Commands

@Suite("Rendering")
struct RenderingTests {
    private let plain = Painter(isEnabled: false)

    @Test("columns are aligned, empty ones left out, and the last gives way to the width")
    func table() {
        var table = Table([
            .init(title: "NAME"), .init(title: "SIZE", alignment: .right), .init(title: "EMPTY"),
            .init(title: "DESCRIPTION"),
        ])
        table.add([.init("a"), .init("1"), .init(""), .init("a long description")])
        table.add([.init("größer"), .init("1000"), .init(""), .init("日本語 wide")])
        table.add([.init("c"), .init("22")])
        #expect(
            table.lines(width: nil, painter: plain) == [
                "NAME    SIZE  DESCRIPTION", "a          1  a long description", "größer  1000  日本語 wide",
                "c         22",
            ])
        #expect(
            table.lines(width: 26, painter: plain) == [
                "NAME    SIZE  DESCRIPTION", "a          1  a long desc…", "größer  1000  日本語 wide", "c         22",
            ])
    }

    @Test("where a row does not fit, it becomes a block of lines")
    func narrow() {
        var table = Table([
            .init(title: "JOB"), .init(title: "WHAT"), .init(title: "EMPTY"), .init(title: "TOOK", alignment: .right),
        ])
        table.add([.init("main-1"), .init("upgrade head"), .init(""), .init("1.0 s")])
        table.add([.init("main-2"), .init("backup")])
        #expect(table.lines(width: 27, painter: plain).first == "JOB     WHAT           TOOK")
        #expect(
            table.lines(width: 26, painter: plain) == [
                "main-1", "  WHAT  upgrade head", "  TOOK  1.0 s", "main-2", "  WHAT  backup",
            ])
    }

    @Test("what comes from outside cannot steer the terminal")
    func controlCharacters() {
        #expect("a\u{1B}[2Jb\nc\u{7}".printable == "a\u{FFFD}[2Jb c\u{FFFD}")
        let failure = Failure(.internalError, "cannot \u{1B}]0;x\u{7}", notes: ["one\u{1B}[A"])
        #expect(!Diagnostic(failure).lines(painter: plain).joined().contains("\u{1B}"))
    }

    @Test("a failure is shown as the house has it")
    func diagnostic() {
        let failure = Failure(
            .tableLockTimeout, "cannot apply revision \"9f2c\": no lock on \"orders\" within 5 s (12 attempts)",
            hint: "end that transaction, or retry at a quieter hour",
            location: .init(path: "migrations/9f2c_add_status.sql", line: 14, column: 1),
            notes: ["held by pid 4121 (psql, 3 min idle in transaction)"])
        #expect(
            Diagnostic(failure).lines(painter: plain).joined(separator: "\n") == """
                migratectl: cannot apply revision "9f2c": no lock on "orders" within 5 s (12 attempts)
                  migrations/9f2c_add_status.sql:14:1
                  held by pid 4121 (psql, 3 min idle in transaction)
                hint: end that transaction, or retry at a quieter hour
                """)
    }

    @Test(
        "numbers for people",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (80 << 20, "80.0 MiB"),
            (Int64.max, "8192.0 PiB"),
        ] as [(Int64, String)])
    func bytes(count: Int64, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(
        "durations for people",
        arguments: [
            (-1, "0 ms"), (0.000_85, "850 µs"), (0.012, "12 ms"), (0.9996, "1.0 s"), (2.84, "2.8 s"),
            (59.96, "1 min 00 s"),
            (65, "1 min 05 s"), (7380, "2 h 03 min"), (400_000, "5 days"), (.infinity, "0 days"),
        ] as [(Double, String)])
    func durations(seconds: Double, text: String) {
        #expect(Quantity.duration(seconds: seconds) == text)
    }

    @Test("colours only where they are wanted")
    func colours() {
        #expect(Painter(isTerminal: true, environment: [:])("x", .red) == "\u{1B}[31mx\u{1B}[0m")
        #expect(Painter(isTerminal: false, environment: [:])("x", .red) == "x")
        #expect(Painter(isTerminal: true, environment: ["NO_COLOR": "1"])("x", .red) == "x")
        #expect(Painter(isTerminal: true, environment: ["NO_COLOR": ""])("x", .red) != "x")
        #expect(Painter(isTerminal: true, environment: ["TERM": "dumb"])("x", .red) == "x")
        #expect(Painter(isTerminal: true, environment: [:], isRefused: true)("x", .red) == "x")
    }

    @Test("status shows what is wrong, with file and line")
    func status() {
        var database = Samples.database
        database.connection = .unavailable
        database.failure = Failure(
            .databaseUnavailable, "cannot connect to \"main\": connection refused", hint: "start the server")
        database.current = []
        database.serverVersion = nil
        database.nextAttemptAt = Samples.later(5000)
        database.problems = [
            Failure(
                .revisionsInvalid, "unterminated quoted string",
                location: .init(path: "migrations/003.sql", line: 3, column: 7))
        ]
        database.warnings = ["revision \"001\" was edited after it had been applied"]
        database.autoUpgrade = true
        database.pausedBecause = "a downgrade"
        database.parkedCount = 1
        #expect(
            StatusView(painter: plain).lines(Samples.status([database])).dropLast(2).joined(separator: "\n") == """
                main  unavailable postgresql://app@localhost/app
                  problem      cannot connect to "main": connection refused
                               hint: start the server
                  next attempt 2026-11-22 10:15:05 UTC
                  revision     not known; the directory's head is 002
                  auto upgrade paused: a downgrade (go on: migratectl resume -d main)
                  parked       1 job for approval or decision
                  last backup  none
                  watching     /etc/migrated/migrations (2 revisions)
                  warning      revision "001" was edited after it had been applied
                  problem      migrations/003.sql:3:7: unterminated quoted string
                """)
    }
}

import Glibc
import Logging
import Testing

@testable import Systemd

@Suite struct LogTests {
    private func event(
        _ message: String, level: Logger.Level = .warning, metadata: Logger.Metadata = [:], error: (any Error)? = nil
    ) -> LogEvent {
        LogEvent(
            level: level, message: "\(message)", error: error, metadata: metadata, source: nil,
            file: "Engine/Worker.swift",
            function: "run()", line: 7)
    }

    private func fields(_ metadata: Logger.Metadata, _ message: String = "m") -> [String] {
        JournalFields.of(event(message), metadata: metadata, identifier: "migrated").map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test func makesFieldsOfAnEvent() {
        #expect(
            fields(
                ["job": "main-41", "lock-waits": "3", "message-id": "01234567-89AB-cdef-0123-456789abcdef"],
                "two\nlines") == [
                    "MESSAGE=two\nlines", "PRIORITY=4", "SYSLOG_IDENTIFIER=migrated", "CODE_FILE=Engine/Worker.swift",
                    "CODE_LINE=7", "CODE_FUNC=run()", "MIGRATED_JOB=main-41", "MIGRATED_LOCK_WAITS=3",
                    "MESSAGE_ID=0123456789abcdef0123456789abcdef",
                ])
    }

    @Test func noKeyCanPoseAsAnotherField() {
        let names = fields([
            "MESSAGE": "x", "_PID": "1", "a=b\nPRIORITY": "0", "ünï.cödé": "x", "": "x", "message-id": "not one",
            String(repeating: "long", count: 40): "x",
        ]).dropFirst(6).map { String($0.prefix { $0 != "=" }) }
        #expect(names.allSatisfy { $0.hasPrefix("MIGRATED_") && $0.utf8.count <= 64 })
        #expect(names.contains("MIGRATED_A_B_PRIORITY"))
        #expect(names.contains("MIGRATED__PID"))
        #expect(!names.contains("MESSAGE_ID"))
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
        #expect(names.allSatisfy { $0.allSatisfy(allowed.contains) })
    }

    @Test func boundsValuesBetweenCharacters() {
        for text in ["x", "ü", "\u{1F600}"] {
            let long = JournalFields.of(
                event("-" + String(repeating: text, count: 1 << 19)), metadata: [:], identifier: "m")[0]
            #expect(long.count <= JournalFields.longestValue + "MESSAGE=".utf8.count)
            #expect(long.count > JournalFields.longestValue)
            #expect(String(validating: long, as: UTF8.self) != nil)
        }
    }

    @Test func levelsArePriorities() {
        #expect(Logger.Level.allCases.map(JournalFields.priority) == [7, 7, 6, 5, 4, 3, 2])
    }

    @Test func plainLinesStayOneLine() {
        struct Broken: Error, CustomStringConvertible { let description = "it \"broke\"" }
        let time = timespec(tv_sec: 1_795_341_300, tv_nsec: 7_000_000)
        let line = StandardErrorLogHandler.line(
            for: event("cannot\nfake \u{1B}[31m a line\u{2028}", error: Broken()),
            metadata: ["job": "main-41", "reason": "two words", "empty": "", "x\ny": "a=b", "message-id": "0"],
            now: time)
        #expect(
            line == #"2026-11-22T09:55:00.007Z warning cannot\nfake \u{1b}[31m a line\u{2028}"#
                + #" error="it \"broke\"" empty="" job=main-41 reason="two words" x\ny="a=b""#)
    }

    @Test func writesToStandardErrorAndToTheJournalOnlyWhereThereIsOne() throws {
        var status = stat()
        try #require(fstat(STDERR_FILENO, &status) == 0)
        let stream = "\(status.st_dev):\(status.st_ino)"
        func detect(_ stream: String?, _ socket: String) -> LogDestination {
            LogDestination.detect(journalStream: stream, descriptor: STDERR_FILENO, socket: socket)
        }
        #expect(detect(stream, "/") == .journal)
        #expect(detect(stream, "/no/such/socket") == .standardError)
        #expect(detect(nil, "/") == .standardError)
        #expect(detect("\(status.st_dev):\(status.st_ino + 1)", "/") == .standardError)
        #expect(detect("nonsense", "/") == .standardError)
        #expect(LogDestination.standardError.handler(identifier: "x", level: .error).logLevel == .error)
        #expect(LogDestination.journal.handler(identifier: "x") is JournalLogHandler)
    }

    @Test func whatAnEventCarriesCountsMost() {
        var handler = StandardErrorLogHandler(
            metadataProvider: Logger.MetadataProvider { ["a": "provider", "b": "provider"] })
        handler[metadataKey: "a"] = "handler"
        handler[metadataKey: "c"] = "handler"
        #expect(
            handler.mergedMetadata(of: event("m", metadata: ["b": "event"])) == [
                "a": "provider", "b": "event", "c": "handler",
            ])
    }
}

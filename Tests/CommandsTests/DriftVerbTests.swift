import Control
import Planning
import Revisions
import SQLText
import Synchronization
import Testing
import Varlink

@Suite(
    "migratectl drift tells, accepts what it has shown, and writes the revision that adopts it",
    .timeLimit(.minutes(15)))
struct DriftVerbTests {
    private static let changes = [
        DriftReport.Change(kind: "table", name: "public.by_hand", change: "create"),
        DriftReport.Change(kind: "index", name: "public.gone", change: "drop"),
    ]

    private static func report(_ changes: [DriftReport.Change]) -> DriftReport {
        DriftReport(
            lookedAt: Samples.moment, keptAt: Samples.moment, changes: changes, notCompared: [],
            upgrade: "CREATE TABLE public.by_hand (\n    n integer\n);\n", downgrade: "DROP TABLE public.by_hand;\n")
    }

    private final class Sent: Sendable {
        private let changes = Mutex<[DriftReport.Change]>([])
        var all: [DriftReport.Change] { changes.withLock { $0 } }
        func add(_ new: [DriftReport.Change]) { changes.withLock { $0 += new } }
    }

    private func handlers(_ found: [DriftReport.Change] = changes, _ sent: Sent = Sent()) -> [MethodHandler] {
        [
            ControlServer.handler(GetDrift.self) { _, _ in GetDrift.Reply(report: Self.report(found)) },
            ControlServer.handler(AcceptDrift.self) { parameters, _ in
                sent.add(parameters.changes)
                return GetDrift.Reply(report: Self.report([]))
            },
        ]
    }

    @Test("what differs is told, and the status says so")
    func tells() async throws {
        let drifted = try await FakeDaemon.serving(handlers()) { await $0.run("drift") }
        #expect(drifted.status == 2)
        #expect(
            drifted.output == """
                + table public.by_hand
                - index public.gone
                2 objects not as the revisions left them, 2026-11-22 10:15:00 UTC

                """)
        let undo = try await FakeDaemon.serving(handlers()) { await $0.run("drift", "--undo") }
        #expect(undo.output == "DROP TABLE public.by_hand;\n")
        let quiet = try await FakeDaemon.serving(handlers([])) { await $0.run("drift") }
        #expect(quiet.status == 0)
    }

    @Test("--accept sends what was shown, once it is agreed to", arguments: [("y", 2), ("n", 0)])
    func accepts(answer: String, count: Int) async throws {
        let sent = Sent()
        _ = try await FakeDaemon.serving(handlers(Self.changes, sent)) {
            await $0.run("drift", "--accept", at: Place(inputIsTerminal: true, answer: answer))
        }
        #expect(sent.all.count == count)
    }

    @Test("--adopt writes both ways, and says what is left to do")
    func adopts() async throws {
        let project = try Project("migrations")
        try project.write("migrations/a.sql", id: "a", up: "CREATE TABLE t (n int);", down: "DROP TABLE t;")
        let outcome = try await FakeDaemon.serving(handlers()) {
            await $0.run("drift", "--adopt", "--rev-id", "b", "--directory", project("migrations"))
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("migratectl stamp b"))
        let new = try #require(project.load("migrations").revisions.first { $0.id == "b" })
        #expect(new.downRevisions == ["a"])
        #expect(new.upgrade.statements.map(\.text) == ["CREATE TABLE public.by_hand (\n    n integer\n)"])
        #expect(new.downgrade?.statements.map(\.text) == ["DROP TABLE public.by_hand"])
    }
}

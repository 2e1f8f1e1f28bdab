import Control
import Digest
import Planning
import Revisions
import Synchronization
import Testing
import Varlink

@testable import Commands

@Suite("Approving sends exactly what was shown", .timeLimit(.minutes(15)))
struct ApprovalVerbsTests {
    /// What was sent to Approve or Revoke.
    private final class Sent: Sendable {
        private let items = Mutex<[ApprovalItem]>([])
        var all: [ApprovalItem] { items.withLock { $0 } }
        func add(_ new: [ApprovalItem]) { items.withLock { $0 += new } }
    }

    private func handlers(_ sent: Sent) throws -> [MethodHandler] {
        try Samples.readingHandlers() + [
            ControlServer.handler(Approve.self) { parameters, _ in
                sent.add(parameters.items)
                return ApprovalReply(approvals: [])
            },
            ControlServer.handler(Revoke.self) { parameters, _ in
                sent.add(parameters.items)
                return ApprovalReply(approvals: [])
            },
            ControlServer.handler(Upgrade.self) { _, _ in JobReply(job: Samples.job(.succeeded, applied: 1)) },
        ]
    }

    @Test("approve head: shown, asked, sent", arguments: [("y", true), ("yes", true), ("n", false), ("", false)])
    func head(answer: String, isYes: Bool) async throws {
        let sent = Sent()
        let outcome = try await FakeDaemon.serving(try handlers(sent)) {
            await $0.run("approve", "head", "-v", at: Place(inputIsTerminal: true, answer: answer))
        }
        let digest = try Samples.digests().upgrade
        #expect(
            outcome.output.hasPrefix(
                """
                002  add status
                  upgrade, 2 statements, one transaction
                  migrations/002.sql
                  digest \(digest)
                    ALTER TABLE sessions ADD COLUMN status text;
                    CREATE INDEX ON sessions (status);

                Approve this? [y/N]
                """))
        let item = ApprovalItem(revision: "002", direction: .upgrade, contentDigest: digest)
        #expect(sent.all == (isYes ? [item] : []))
        #expect(outcome.status == (isYes ? 0 : 30))
    }

    @Test("a revision by its id, down as well, each once")
    func byName() async throws {
        let sent = Sent()
        try await FakeDaemon.serving(try handlers(sent)) { daemon in
            #expect(await daemon.run("approve", "002", "002", "--yes").status == 0)
            #expect(await daemon.run("approve", "002", "--downgrade", "--yes").status == 0)
        }
        let digests = try Samples.digests()
        #expect(
            sent.all == [
                ApprovalItem(revision: "002", direction: .upgrade, contentDigest: digests.upgrade),
                ApprovalItem(revision: "002", direction: .downgrade, contentDigest: digests.downgrade),
            ])
    }

    @Test(
        "nobody is there to be asked: refused, and nothing is sent",
        arguments: [["approve", "head"], ["upgrade", "--approve"]])
    func pipe(arguments: [String]) async throws {
        let sent = Sent()
        let outcome = try await FakeDaemon.serving(try handlers(sent)) { daemon in
            await Place().run(["--socket", daemon.socketPath] + arguments)
        }
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--yes"))
        #expect(sent.all.isEmpty)
    }

    @Test("upgrade --approve approves the plan that it showed")
    func upgradeApprove() async throws {
        let sent = Sent()
        let outcome = try await FakeDaemon.serving(try handlers(sent)) { await $0.run("upgrade", "--approve", "--yes") }
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("from 001 to 002"))
        #expect(sent.all.count == 1)
    }

    @Test("bytes that do not have the digest that the daemon names are not approved")
    func forged() async throws {
        let sent = Sent()
        var handlers = try handlers(sent).filter { $0.method != GetRevision.qualifiedName }
        handlers.append(
            ControlServer.handler(GetRevision.self) { _, _ in
                GetRevision.Reply(
                    revision: Samples.revisions[0], source: Samples.source, upgradeDigest: Samples.digest.description,
                    downgradeDigest: nil, approvals: [])
            })
        let outcome = try await FakeDaemon.serving(handlers) { await $0.run("approve", "002", "--yes") }
        #expect(outcome.status == 17)
        #expect(sent.all.isEmpty)
    }

    @Test("revoke names the digests that were approved")
    func revoke() async throws {
        let sent = Sent()
        try await FakeDaemon.serving(try handlers(sent)) { daemon in
            #expect(await daemon.run("revoke", "001").status == 0)
            #expect(await daemon.run("revoke", "002").status == 36)
        }
        #expect(sent.all == [ApprovalItem(revision: "001", direction: .upgrade, contentDigest: Samples.digest)])
    }
}

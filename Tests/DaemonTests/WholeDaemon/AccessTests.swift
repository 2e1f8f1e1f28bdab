import Control
import Glibc
import Planning
import TestSupport
import Testing

/// Who may do what: by the kernel's word about the peer.
@Suite struct AccessTests {
    @Test func othersMayLookAndQueueButNotApproveOrAdminister() async throws {
        guard geteuid() == 0 else { return print("skipped: only root can be somebody else") }
        var options = DaemonHarness.Options()
        options.database = ["approvals = 1"]
        options.access = ["socket_mode = \"0666\""]
        try await withChain(1, options) { harness, database in
            let nobody: uid_t = 65_534
            for verb in [
                ["status"], ["current"], ["history"], ["heads"], ["plan", "head"], ["jobs"], ["log"], ["backups"],
            ] {
                let answer = try await harness.startControl(verb, user: nobody).wait()
                #expect(answer.status == 0, "\(verb): \(answer)")
            }
            let queued = try await harness.control("upgrade", "--no-block", user: nobody)
            #expect(queued.output == "main-1\n", "\(queued)")
            let forbidden = [
                ["approve", "head", "--yes"], ["reload"], ["pause", "--reason", "a test"],
                ["resume"],
                ["doctor", "--adopt"], ["resolve", "main-1", "--applied", "--reason", "a test"],
            ]
            for verb in forbidden {
                let answer = try await harness.startControl(verb, user: nobody).wait()
                #expect(answer.status == Failure.Code.permissionDenied.exitStatus, "\(verb): \(answer)")
                #expect(answer.errors.contains("nobody") && answer.errors.contains("hint: "), "\(answer)")
            }
            let parked = try await harness.control("watch", "main-1", user: nobody)
            #expect(parked.status == Failure.Code.notApproved.exitStatus, "\(parked)")
            #expect(try await harness.control("approve", "head", "--yes").status == 0)
            let revoke = try await harness.control("revoke", "001", user: nobody)
            #expect(revoke.status == Failure.Code.permissionDenied.exitStatus, "\(revoke)")
            #expect(try await harness.control("watch", "main-1", user: nobody).status == 0)
            let history = try await harness.control("history", "--applied")
            #expect(history.output.contains("nobody"), "\(history)")
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    /// What a job waits for is approved with the bytes that were kept for it, whatever has become of the file.
    @Test func aJobIsApprovedWithTheBytesThatItKeeps() async throws {
        var options = DaemonHarness.Options()
        options.database = ["approvals = 1"]
        try await withChain(1, options) { harness, database in
            #expect(try await harness.control("upgrade", "--approve", "--yes").status == 0)
            #expect(try await harness.control("downgrade", "base", "--no-block").status == 0)
            let parked = try await harness.control("watch", "main-2")
            #expect(parked.status == Failure.Code.notApproved.exitStatus, "\(parked)")
            let directory = "\(harness.directory)/migrations"
            for name in TestFiles.names(in: directory) { unlink("\(directory)/\(name)") }
            try await harness.awaitStatus("an empty directory") { $0.revisionCount == 0 }

            let shown = try await harness.control("approve", "--job", "main-2", "--yes", "-v")
            #expect(shown.status == 0 && shown.output.contains("approved: downgrade of 001"), "\(shown)")
            #expect(try await harness.control("watch", "main-2").status == 0)
            try await Aftermath.of(database).expect(["upgrade 001", "downgrade 001"], at: [])
            let wrong = try await harness.control("approve", "--job", "main-9", "--yes")
            #expect(wrong.status == Failure.Code.noSuchJob.exitStatus, "\(wrong)")
        }
    }

    @Test func theSocketsModeKeepsOthersOut() async throws {
        guard geteuid() == 0 else { return print("skipped: only root can be somebody else") }
        try await withDaemon { harness, _ in
            let answer = try await harness.control("status", user: 65_534)
            #expect(answer.status == Failure.Code.permissionDenied.exitStatus, "\(answer)")
            #expect(answer.errors.contains("hint: join the group"), "\(answer)")
        }
    }
}

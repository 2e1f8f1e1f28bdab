import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// A disk that is full, read-only, closed to us, broken or gone, at each single call that changes something on it.
@Suite(.disabled(if: Instrumentation.isOn, "a sanitizer and a shim cannot both stand before the C library"))
struct DiskFaultTests {
    /// No backup, no migration; and what looks like a backup is one.
    @Test(arguments: DiskShim.Fault.allCases)
    func aBackupIsWholeOrNotThere(_ fault: DiskShim.Fault) async throws {
        try await withDaemon(start: false) { harness, database in
            let shim = try await DiskShim(under: harness.backups, files: harness.directory)
            try shim.makeTools(in: harness.directory + "/tools", binaries: database.cluster.binaries)
            var options = DaemonHarness.Options.withDump
            options.backup.append("tools = \"\(harness.directory)/tools\"")
            try harness.configure(["main": database], options)
            try await database.makeEffects()
            try harness.write(TestRevision.chain(99))
            try await harness.start(environment: shim.environment)
            var applied: [String] = []
            var failures: Set<Failure.Code> = []
            // A directory that is gone is made again, and the upgrade goes well: more calls than there are revisions.
            for call in stride(from: 1, through: .max, by: fault == .gone ? 7 : 1) {
                try shim.arm(fault, at: call)
                let next = TestRevision.name(applied.count + 1)
                let ended = try await harness.follow(try await harness.queue(to: next))
                let hasFailed = try shim.disarm()
                // What was out of reach is back, half done: under a name that no backup has.
                let defects = BackupAudit.defects(in: harness.backups + "/main")
                    .filter { fault != .gone || !$0.hasPrefix("an unfinished backup") }
                #expect(defects == [], "call \(call)")
                if ended.state == .succeeded {
                    applied.append("upgrade \(next)")
                } else {
                    let failure = try #require(ended.failure)
                    #expect(hasFailed && failure.message.hasPrefix("cannot "), "call \(call): \(failure)")
                    failures.insert(failure.code)
                }
                try await Aftermath.of(database).expect(
                    applied, at: applied.isEmpty ? [] : [TestRevision.name(applied.count)])
                if !hasFailed { break }
                // A directory that was taken away in time is made again.
                #expect(ended.state == .failed || fault == .gone, "call \(call): \(ended)")
            }
            #expect(failures == [fault == .full ? .noSpace : .backupFailed])
            #expect(fault == .gone || applied.count == 1)
        }
    }

    /// A new revision is there as a whole, or not at all.
    @Test(arguments: DiskShim.Fault.allCases)
    func aRevisionFileIsWholeOrNotThere(_ fault: DiskShim.Fault) async throws {
        try await withHarness { harness in
            try harness.write(TestRevision.chain(1))
            let shim = try await DiskShim(under: harness.migrations, files: harness.directory)
            var call = 1
            while try await makeRevision(harness, shim, fault, at: call) { call += 1 }
        }
    }

    /// Makes a revision while the disk fails at this call; returns whether there was such a call.
    private func makeRevision(
        _ harness: DaemonHarness, _ shim: DiskShim, _ fault: DiskShim.Fault, at call: Int
    ) async throws -> Bool {
        try shim.arm(fault, at: call)
        let made = try await harness.startControl(
            ["revision", "--message", "one more", "--directory", harness.migrations], environment: shim.environment
        ).wait()
        let hasFailed = try shim.disarm()
        // What was out of reach could not be removed: it has a name that no revision has.
        let left = TestFiles.names(in: harness.migrations).filter { $0 != "001.sql" }
        let new = left.filter { fault != .gone || !$0.hasPrefix(".") }
        #expect(new.allSatisfy { $0.hasSuffix("one_more.sql") }, "call \(call): \(new)")
        let heads = try await harness.control("heads", "--directory", harness.migrations)
        #expect(heads.status == 0, "call \(call): \(heads)")
        if made.status == 0 {
            #expect(new.count == 1 && (!hasFailed || fault == .gone), "call \(call): \(made)")
        } else {
            #expect(hasFailed && made.errors.contains("cannot "), "call \(call): \(made)")
        }
        for name in left { unlink(harness.migrations + "/" + name) }
        return hasFailed
    }
}

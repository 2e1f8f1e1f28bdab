import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// A disk that is full, read-only, closed to us, broken or gone, at each single call that changes something on it.
@Suite struct DiskFaultTests {
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
            try harness.write(TestRevision.chain(1))
            try await harness.start(environment: shim.environment)
            var call = 0
            var failures: Set<Failure.Code> = []
            while true {
                call += 1
                try shim.arm(fault, at: call)
                let ended = try await harness.follow(try await harness.queue())
                let hasFailed = try shim.disarm()
                #expect(BackupAudit.defects(in: harness.backups + "/main") == [], "call \(call)")
                guard ended.state != .succeeded else {
                    #expect(!hasFailed || fault == .gone, "call \(call)")
                    break
                }
                let failure = try #require(ended.failure)
                #expect(hasFailed && failure.message.hasPrefix("cannot "), "call \(call): \(failure)")
                failures.insert(failure.code)
                let aftermath = try await Aftermath.of(database)
                #expect(aftermath.effects == [] && aftermath.locks == 0, "call \(call)")
            }
            print("\(fault): failed at \(call - 1) calls")
            #expect(call > (fault == .gone ? 1 : 5))
            #expect(failures.isSubset(of: fault == .full ? [.noSpace, .backupFailed] : [.backupFailed]))
            try await Aftermath.of(database).expect(["upgrade 001"], at: ["001"])
        }
    }

    /// A new revision is there as a whole, or not at all.
    @Test(arguments: DiskShim.Fault.allCases)
    func aRevisionFileIsWholeOrNotThere(_ fault: DiskShim.Fault) async throws {
        try await withHarness { harness in
            try harness.write(TestRevision.chain(1))
            let shim = try await DiskShim(under: harness.migrations, files: harness.directory)
            for call in 1... {
                try shim.arm(fault, at: call)
                let made = try await harness.startControl(
                    ["revision", "--message", "one more", "--directory", harness.migrations],
                    environment: shim.environment
                ).wait()
                let hasFailed = try shim.disarm()
                let new = TestFiles.names(in: harness.migrations).filter { $0 != "001.sql" }
                #expect(new.allSatisfy { $0.hasSuffix("one_more.sql") }, "call \(call): \(new)")
                let heads = try await harness.control("heads", "--directory", harness.migrations)
                #expect(heads.status == 0, "call \(call): \(heads)")
                if made.status == 0 {
                    #expect(new.count == 1 && (!hasFailed || fault == .gone), "call \(call): \(made)")
                    break
                }
                #expect(hasFailed && made.errors.contains("cannot "), "call \(call): \(made)")
                for name in new { unlink(harness.migrations + "/" + name) }
            }
        }
    }
}

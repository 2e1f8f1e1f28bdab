import Control
import Glibc
import Planning
import PostgresClient
import TestSupport
import Testing

/// A disk that is full, read-only, closed to us, broken or gone, at each single call that changes something on it: our calls,
/// and those of pg_dump.
@Suite(.disabled(if: Instrumentation.isOn, "a sanitizer and a shim cannot both stand before the C library"))
struct DiskFaultTests {
    /// Each fault for one call, as an accident of the moment; and those that last also from one call on.
    static let faults: [(DiskShim.Fault, Bool)] =
        DiskShim.Fault.allCases.map { ($0, false) } + [(.full, true), (.readOnly, true)]

    /// No backup, no migration; and what looks like a backup is one.
    @Test(arguments: faults)
    func aBackupIsWholeOrNotThere(_ fault: DiskShim.Fault, lasting: Bool) async throws {
        // None is pruned meanwhile: that has a test of its own.
        try await withDisk(keeping: 99) { harness, database, shim in
            var applied: [String] = []
            for call in fault.calls(among: Self.backupCalls) {
                for number in 1..<1000 {
                    let place: Comment = "\(call) \(number)"
                    try shim.arm(fault, at: call, number, lasting: lasting)
                    let next = TestRevision.name(applied.count + 1)
                    let ended = try await harness.follow(try await harness.queue(to: next))
                    let hasFailed = try shim.disarm()
                    #expect(hasFailed || number > 1, place)
                    // What was out of reach is back, half done: under a name that no backup has.
                    let defects = BackupAudit.defects(in: harness.backups + "/main")
                        .filter { !(fault == .gone || lasting) || !$0.hasPrefix("an unfinished backup") }
                    #expect(defects == [], place)
                    if ended.state == .succeeded {
                        applied.append("upgrade \(next)")
                        // A directory that was taken away in time is made again; and with a good backup goes what an earlier
                        // one could not remove, which may fail once more.
                        #expect(!hasFailed || fault == .gone || lasting, place)
                    } else {
                        let failure = try #require(ended.failure)
                        #expect(hasFailed && failure.message.hasPrefix("cannot "), place)
                        #expect(failure.code == Self.code(of: fault, failure), "\(place): \(failure)")
                    }
                    try await Aftermath.of(database).expect(
                        applied, at: applied.isEmpty ? [] : [TestRevision.name(applied.count)])
                    if !hasFailed { break }
                }
            }
            // What could not be removed either is, at the next start.
            try await harness.end()
            try await harness.start()
            let ended = try await harness.follow(try await harness.queue(to: TestRevision.name(applied.count + 1)))
            #expect(ended.state == .succeeded, "\(ended)")
            #expect(BackupAudit.defects(in: harness.backups + "/main") == [])
            try await harness.end()
        }
    }

    /// What changes something on the disk while a backup is taken.
    private static let backupCalls: [DiskShim.Call] = [
        .open, .mkdir, .chmod, .rename, .write, .pwrite, .fopen, .fwrite, .fclose, .fsync, .unlink,
    ]

    /// Of one thing that it cannot write, PostgreSQL's pg_dump does not say why.
    private static func code(of fault: DiskShim.Fault, _ failure: Failure) -> Failure.Code {
        guard fault == .full else { return .backupFailed }
        return failure.message.contains("could not write to blobs TOC file") ? .backupFailed : .noSpace
    }

    /// What could not be removed of a backup that is not kept looks like no backup, and goes with the next one.
    @Test(arguments: [DiskShim.Fault.readOnly, .broken])
    func whatIsHalfPrunedLooksLikeNoBackup(_ fault: DiskShim.Fault) async throws {
        try await withDisk(keeping: 1) { harness, database, shim in
            let shelf = harness.backups + "/main"
            #expect(try await harness.control("backup").status == 0)
            for call in fault.calls(among: [.rename, .fsync, .unlink, .rmdir]) {
                for number in 1..<1000 {
                    try shim.arm(fault, at: call, number)
                    let taken = try await harness.control("backup")
                    let hasFailed = try shim.disarm()
                    #expect(hasFailed || number > 1, "\(call)")
                    #expect(hasFailed || taken.status == 0, "\(call) \(number): \(taken)")
                    let defects = BackupAudit.defects(in: shelf).filter { !$0.hasPrefix("an unfinished backup") }
                    #expect(defects == [], "\(call) \(number)")
                    let there = Set(TestFiles.names(in: shelf).filter { !$0.hasPrefix(".") })
                    #expect(!there.isEmpty, "\(call) \(number)")
                    // What is gone is not on record any more.
                    #expect(try await Self.recorded(in: database).isSubset(of: there), "\(call) \(number)")
                    if !hasFailed { break }
                }
            }
            #expect(try await harness.control("backup").status == 0)
            #expect(BackupAudit.defects(in: shelf) == [])
            #expect(TestFiles.names(in: shelf).count == 1)
            try await harness.end()
        }
    }

    private static func recorded(in database: TestDatabase) async throws -> Set<String> {
        let session = try await database.connectAsSuperuser()
        let rows = try await session.query("SELECT name FROM migrated.backup WHERE removed_at IS NULL")
        await session.close()
        return Set(try rows.map { try $0.decode("name", as: String.self) })
    }

    /// What was packed of a dump is given back to the disk while it is written. Where that cannot be, it is removed later.
    @Test func aDiskThatTakesNothingBackIsAsGood() async throws {
        try await withDisk { harness, database, shim in
            try await database.run(
                "CREATE TABLE large AS SELECT repeat(md5(n::text), 100) AS text FROM generate_series(1, 4000) n")
            try shim.armAgainstHoles()
            let ended = try await harness.follow(try await harness.queue(to: TestRevision.name(1)))
            #expect(ended.state == .succeeded, "\(ended)")
            #expect(try shim.disarm())
            #expect(BackupAudit.defects(in: harness.backups + "/main") == [])
            try await harness.end()
        }
    }

    /// Gives a daemon to the body whose backups are on a disk that can fail, as seen by pg_dump as well, with revisions that
    /// leave nothing behind: each backup takes as many calls as the one before it.
    private func withDisk(
        keeping count: Int = 7,
        _ body: @Sendable (DaemonHarness, TestDatabase, DiskShim) async throws -> Void
    ) async throws {
        try await withDaemon(start: false) { harness, database in
            let shim = try await DiskShim(under: harness.backups, files: harness.directory)
            try shim.makeTools(in: harness.directory + "/tools", binaries: database.cluster.binaries)
            var options = DaemonHarness.Options.withDump
            options.backup += ["tools = \"\(harness.directory)/tools\"", "keep = \(count)"]
            try harness.configure(["main": database], options)
            try await database.makeEffects()
            // More than a stream's buffer, and what has files of another kind.
            try await database.run(
                "CREATE TABLE filler AS SELECT repeat(md5(n::text), 4) AS text FROM generate_series(1, 100) n")
            try await database.run("SELECT lo_from_bytea(0, 'a large object')")
            try harness.write(
                TestRevision.chain(99).map {
                    var revision = $0
                    revision.upgrade = ["DROP TABLE t_\($0.id);"]
                    return revision
                })
            try await harness.start(environment: shim.environment)
            try await body(harness, database, shim)
        }
    }

    /// A new revision is there as a whole, or not at all.
    @Test(arguments: faults)
    func aRevisionFileIsWholeOrNotThere(_ fault: DiskShim.Fault, lasting: Bool) async throws {
        try await withHarness { harness in
            try harness.write(TestRevision.chain(1))
            let shim = try await DiskShim(under: harness.migrations, files: harness.directory)
            for call in fault.calls(among: [.open, .chmod, .write, .fsync, .link, .unlink]) {
                var number = 1
                while try await makeRevision(harness, shim, fault, at: call, number, lasting: lasting) { number += 1 }
                #expect(number > 1, "\(call)")
            }
        }
    }

    /// Makes a revision while the disk fails at this call; returns whether there was such a call.
    private func makeRevision(
        _ harness: DaemonHarness, _ shim: DiskShim, _ fault: DiskShim.Fault, at call: DiskShim.Call, _ number: Int,
        lasting: Bool
    ) async throws -> Bool {
        try shim.arm(fault, at: call, number, lasting: lasting)
        let made = try await harness.startControl(
            ["revision", "--message", "one more", "--directory", harness.migrations], environment: shim.environment
        ).wait()
        let hasFailed = try shim.disarm()
        let place: Comment = "\(call) \(number): \(made)"
        // What could not be removed has a name that no revision has.
        let left = TestFiles.names(in: harness.migrations).filter { $0 != "001.sql" }
        let mayBeLeft = fault == .gone || lasting || call == .unlink
        let new = left.filter { !mayBeLeft || !$0.hasPrefix(".") }
        #expect(new.allSatisfy { $0.hasSuffix("one_more.sql") }, place)
        let heads = try await harness.control("heads", "--directory", harness.migrations)
        #expect(heads.status == 0, "\(call) \(number): \(heads)")
        if made.status == 0 {
            #expect(new.count == 1 && (!hasFailed || call == .unlink || fault == .gone), place)
        } else {
            #expect(hasFailed && made.errors.contains("cannot "), place)
        }
        for name in left { unlink(harness.migrations + "/" + name) }
        return hasFailed
    }
}

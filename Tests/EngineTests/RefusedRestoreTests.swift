import Digest
import Glibc
import Host
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct RefusedRestoreTests {
    private static func refusal(_ fixture: EngineFixture, _ backup: String, digest: SHA256Digest? = nil) async
        -> Failure?
    {
        do {
            let job = try await fixture.restore(backup, into: "\(fixture.database.name)_copy", digest: digest)
            return job.failure
        } catch {
            return error as? Failure
        }
    }

    @Test func whatNobodyVouchesForIsRefused() async throws {
        try await EngineFixture.restoring([], RestoreTests.dumping) { fixture in
            try await fixture.admin.execute("CREATE TABLE t AS SELECT 1 AS n")
            let backup = try await fixture.takeBackup()
            let place = fixture.directory("backups/main/\(backup)")
            // Another host's backup: neither our key nor our registry knows it.
            try AtomicFile.write(fixture.configuration.backup.keyFile, text: String(repeating: "ab", count: 32) + "\n")
            try await fixture.admin.execute("DELETE FROM migrated.backup")
            #expect(await Self.refusal(fixture, backup)?.code == .backupRefused)
            #expect(await Self.refusal(fixture, "main-none")?.code == .noSuchBackup)
            #expect(await Self.refusal(fixture, "../main/\(backup)")?.code == .noSuchBackup)
            let digest = SHA256Digest.of(try TextFiles.readBytes(place + "/manifest.json"))
            #expect(await Self.refusal(fixture, backup, digest: SHA256Digest.of("other"))?.code == .backupRefused)
            // Bytes that are not what the manifest says are refused whoever vouches for it.
            let files = try DirectoryTree.files(in: place + "/dump").filter { $0.name != "toc.dat" }
            let file = try #require(files.first)
            let bytes = try TextFiles.readBytes(file.path)
            try AtomicFile.write(file.path, bytes.dropLast() + [bytes[bytes.count - 1] ^ 1])
            let failure = await Self.refusal(fixture, backup, digest: digest)
            #expect(
                failure?.code == .backupRefused && failure?.message.contains(file.name) == true,
                "\(String(describing: failure))")
            try AtomicFile.write(file.path, bytes)
            #expect(await Self.refusal(fixture, backup, digest: digest) == nil)
        }
    }

    /// Whoever vouches for the manifest: what is restored is counted before anything takes its place.
    @Test func otherCountsThanTheManifestsAreNeverSwappedIn() async throws {
        try await EngineFixture.restoring([], RestoreTests.dumping) { fixture in
            try await fixture.admin.execute("CREATE TABLE t AS SELECT generate_series(1, 100) AS n")
            let backup = try await fixture.takeBackup()
            let path = fixture.directory("backups/main/\(backup)/manifest.json")
            let manifest = String(decoding: try TextFiles.readBytes(path), as: UTF8.self)
            let other = manifest.replacing("\"rows\" : 100", with: "\"rows\" : 101")
            #expect(other != manifest)
            try AtomicFile.write(path, text: other)
            let job = try await fixture.restore(backup, replaces: true, digest: SHA256Digest.of(Array(other.utf8)))
            #expect(
                job.failure?.code == .restoreFailed
                    && job.failure?.message.hasSuffix("has 100 rows, its manifest says 101") == true,
                "\(String(describing: job.failure))")
            #expect(try await fixture.databases() == [fixture.database.name])
            #expect(try await fixture.rows(of: fixture.database.name, "SELECT count(*)::text FROM t") == ["100"])
            #expect(!TextFiles.exists(fixture.configuration.restoreLedger))
        }
    }

    @Test func verifyingFindsWhatIsWrong() async throws {
        try await EngineFixture.restoring([], RestoreTests.dumping) { fixture in
            try await fixture.admin.execute("CREATE TABLE t AS SELECT generate_series(1, 100) AS n")
            let backup = try await fixture.takeBackup()
            let place = fixture.directory("backups/main/\(backup)")
            let said = try await fixture.engine.verifyBackup(backup, restores: true, said: nil) { _ in }
            #expect(said.contains("100 rows of 1 table decoded") && said.contains("restored in"), "\(said)")
            #expect(try DirectoryTree.entries(of: fixture.directory("rehearsals/main")).isEmpty)
            // Nobody has the lock meanwhile: what this daemon verifies with stays, whatever it brings back.
            let own = BackupVerification.prefix + "own"
            for name in ["copy-left", "verify-left", own] {
                try DirectoryTree.make(fixture.directory("rehearsals/main/\(name)"))
            }
            await Rehearsal.removeAbandoned(fixture.configuration.rehearsal, database: "main")
            #expect(try DirectoryTree.entries(of: fixture.directory("rehearsals/main")) == [own])
            try AtomicFile.write(place + "/globals.sql", text: "CREATE ROLE evil SUPERUSER;")
            let failure = await #expect(throws: Failure.self) {
                try await fixture.engine.verifyBackup(backup, restores: false, said: nil) { _ in }
            }
            #expect(failure?.code == .backupRefused && failure?.message.contains("globals.sql") == true)
        }
    }

    @Test func whatFailsLeavesNothing() async throws {
        try await EngineFixture.restoring([], RestoreTests.dumping) { fixture in
            let name = fixture.database.name
            try await fixture.admin.execute("CREATE TABLE t AS SELECT 1 AS n")
            let backup = try await fixture.takeBackup()
            let taken = try await fixture.restore(backup, into: "postgres")
            #expect(taken.failure?.code == .restoreFailed, "\(String(describing: taken.failure))")
            let (role, database) = ("\(name)_plain", name)
            try await fixture.admin.script(
                "CREATE ROLE \(role) LOGIN; GRANT CREATE ON DATABASE \(database) TO \(role); GRANT \(role) TO postgres")
            await fixture.first.stop()
            var configuration = fixture.configuration
            configuration.connection["user"] = role
            try await fixture.admin.execute("GRANT ALL ON SCHEMA migrated TO \(role)")
            try await fixture.admin.execute("GRANT ALL ON ALL TABLES IN SCHEMA migrated TO \(role)")
            try await fixture.admin.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA migrated TO \(role)")
            let weak = RunningEngine(configuration)
            try await weak.engine.connectedOrTold()
            let job = try await weak.engine.enqueueRestore(
                .init(
                    backup: backup, into: "\(name)_copy", replaces: false, isSchemaOnly: false, tables: [], digest: nil),
                requestID: RequestID.random(), person: EngineFixture.ann)
            let failure = try await weak.engine.outcome(of: job).failure
            #expect(
                failure?.code == .permissionDenied && failure?.hint?.contains("CREATEDB") == true,
                "\(String(describing: failure))")
            await weak.stop()
            #expect(try await fixture.databases() == [name])
            #expect(!TextFiles.exists(fixture.configuration.restoreLedger))
            try await fixture.admin.script("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }
}

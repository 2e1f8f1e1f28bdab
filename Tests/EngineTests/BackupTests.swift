import Digest
import Glibc
import Host
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct BackupTests {
    private static let dumping = Setting.configured { $0.backup.policy = .dump }

    /// Several schemas, large objects, and more than 100 MB that do not compress to nothing.
    private static let largeDatabase = """
        CREATE SCHEMA one; CREATE SCHEMA two;
        CREATE TABLE one.big AS SELECT n, md5(n::text) || md5((n + 1)::text) AS text, repeat(md5(n::text), 20) AS more
            FROM generate_series(1, 150000) n;
        CREATE TABLE two.other (n integer PRIMARY KEY, "na me" text);
        INSERT INTO two.other SELECT n, 'x' || n FROM generate_series(1, 1000) n;
        CREATE SEQUENCE two.counter; SELECT nextval('two.counter') FROM generate_series(1, 7);
        SELECT lo_from_bytea(0, decode(repeat(md5(n::text), 1000), 'hex')) FROM generate_series(1, 20) n
        """

    private static let fingerprint = """
        SELECT 'big ' || count(*) || ' ' || md5(string_agg(n || text || more, '' ORDER BY n)) FROM one.big UNION ALL
        SELECT 'other ' || count(*) || ' ' || md5(string_agg(n || "na me", '' ORDER BY n)) FROM two.other UNION ALL
        SELECT 'counter ' || last_value FROM two.counter UNION ALL
        SELECT 'objects ' || count(*) || ' ' || md5(string_agg(lo_get(oid), '' ORDER BY oid)) FROM pg_largeobject_metadata
        UNION ALL SELECT 'at ' || version_num FROM alembic_version ORDER BY 1
        """

    @Test func aLargeDatabaseIsBackedUpAndComesBackWithPlainPgRestore() async throws {
        try await EngineFixture.with(Sample.marks(2), Self.dumping) { fixture in
            let engine = fixture.engine
            try await fixture.admin.script(Self.largeDatabase)
            #expect(try await fixture.value("SELECT pg_database_size(current_database()) > 100 << 20", as: Bool.self))
            let first = try await engine.outcome(of: try await engine.upgrade(to: "r1"))
            #expect(first.state == .succeeded, "\(String(describing: first.failure))")
            let before = try await fixture.column(Self.fingerprint)
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")

            let listed = engine.listBackups()
            #expect(listed.count == 2 && listed.allSatisfy { $0.problem == nil })
            let backup = try #require(listed.first)
            let manifest = try #require(backup.manifest)
            #expect(backup.name == job.backup && manifest.name == backup.name && manifest.job == job.id)
            #expect(manifest.versionRows == ["r1"] && backup.name.hasSuffix("-r1") && manifest.machineID == "m1")
            #expect(manifest.size > 2 << 20 && manifest.size == manifest.files.reduce(0) { $0 + $1.size })
            for file in manifest.files {
                let bytes = try TextFiles.readBytes(FilePaths.join(backup.path, file.path), limit: 64 << 20)
                #expect(SHA256Digest.of(bytes) == file.sha256, "\(file.path)")
            }
            let names = try DirectoryTree.files(in: backup.path).map {
                String($0.path.dropFirst(backup.path.count + 1))
            }
            #expect(Set(names) == Set(manifest.files.map(\.path) + ["manifest.json", "manifest.seal"]))
            var status = stat()
            #expect(stat(backup.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
            #expect(
                try await fixture.value("SELECT manifest_digest FROM migrated.backup ORDER BY taken_at DESC LIMIT 1")
                    == SHA256Digest.of(try TextFiles.readBytes(FilePaths.join(backup.path, "manifest.json")))
                    .description)
            try await Self.restore(backup.path + "/dump", of: fixture, expecting: before)
            // pg_restore begins with the largest tables only where it is told that they are packed.
            let tools = try await PostgresTools.discover(serverVersion: 0, preferred: fixture.database.cluster.binaries)
            let said = try await tools.contents(of: backup.path + "/dump").first { $0.contains("Compression: ") }
            #expect(said?.hasSuffix(": 1") == true || said?.hasSuffix(": gzip") == true, "\(said ?? "")")
        }
    }

    /// Restores into a new database by hand, as somebody who has nothing but the archive.
    private static func restore(_ archive: String, of fixture: EngineFixture, expecting before: [String]) async throws {
        let other = try await fixture.database.cluster.makeDatabase()
        let tools = try await PostgresTools.discover(serverVersion: 0, preferred: fixture.database.cluster.binaries)
        _ = try await ToolRunner().run(
            ToolRunner.Command(
                FilePaths.join(tools.directory, "pg_restore"),
                [
                    "--exit-on-error", "--jobs=2", "--host=\(fixture.database.cluster.socketDirectory)",
                    "--username=postgres", "--dbname=\(other.name)", archive,
                ]))
        let session = try await other.connectAsSuperuser()
        #expect(try await session.query(Query(raw: fingerprint)).map { try $0.decode(0, as: String.self) } == before)
        #expect(before.count == 5)
        // The registry stays where it is: a copy has a history of its own.
        #expect(try await session.query("SELECT to_regnamespace('migrated') IS NULL").scalar(as: Bool.self))
        await session.close()
        try await other.drop()
    }

    /// Where programs of several versions are installed, those of the server's own dump it, and the manifest names them.
    @Test func theToolsAreOfTheServersVersion() async throws {
        try await EngineFixture.with([], Self.dumping) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let job = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .succeeded)
            let manifest = try #require(engine.listBackups().first?.manifest)
            let major = fixture.admin.serverVersion / 10_000
            #expect(manifest.tool.hasPrefix("pg_dump \(major)."))
            #expect(manifest.server.version.hasPrefix("\(major)."))
            // What is said of the program is true of what it wrote.
            let archive = FilePaths.join(engine.listBackups()[0].path, "dump")
            let tools = try await PostgresTools.discover(serverVersion: 0, preferred: fixture.database.cluster.binaries)
            let said = try await tools.contents(of: archive).first { $0.contains("Dumped by pg_dump version: ") }
            #expect(said?.contains(": \(manifest.tool.dropFirst("pg_dump ".count))") == true, "\(said ?? "")")
        }
    }

    @Test func asManyAreKeptAsWanted() async throws {
        let change = Setting.configured {
            $0.backup.policy = .dump
            $0.backup.keep = 2
        }
        try await EngineFixture.with(Sample.marks(1), change) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            var names: [String] = []
            for _ in 0..<4 {
                let job = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
                names.append(try #require(try await engine.outcome(of: job).backup))
            }
            #expect(Set(names).count == 4)
            #expect(engine.listBackups().map(\.name) == [names[3], names[2]])
            #expect(
                try await fixture.column(
                    "SELECT name FROM migrated.backup WHERE removed_at IS NOT NULL ORDER BY taken_at")
                    == Array(names.prefix(2)))
            // Damage is seen, and a damaged one does not push out a good one.
            let dump = FilePaths.join(engine.listBackups()[0].path, "dump/toc.dat")
            try AtomicFile.write(dump, text: "cut")
            #expect(engine.listBackups()[0].problem?.contains("dump/toc.dat") == true)
            let job = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).state == .succeeded)
            #expect(engine.listBackups().filter { $0.problem == nil }.count == 2)
        }
    }

    @Test func theNewestIsNeverPrunedAndNeitherIsOneThatIsNeeded() async throws {
        try await EngineFixture.with(
            [],
            .configured {
                $0.backup.keep = 0
                $0.backup.policy = .dump
            }
        ) { fixture in
            let engine = fixture.engine
            try await engine.connectedOrTold()
            let job = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            #expect(try await engine.outcome(of: job).backup != nil)
            let provider = engine.backups(try await engine.sessions())
            #expect(provider.beyond(keeping: []) == [])
            let again = try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann)
            let second = try #require(try await engine.outcome(of: again).backup)
            #expect(engine.listBackups().map(\.name) == [second])
            _ = try await engine.outcome(
                of: try await engine.enqueueBackup(requestID: RequestID.random(), person: EngineFixture.ann))
            #expect(engine.listBackups().count == 1 && engine.listBackups()[0].manifest?.job != job.id)
            #expect(provider.beyond(keeping: Set(engine.listBackups().map(\.name))) == [])
        }
    }

    @Test(arguments: ["fails", "cut", "old", "none"])
    func aFailingToolEndsTheJobBeforeAnyDDL(_ way: String) async throws {
        try await EngineFixture.with(
            Sample.marks(1),
            .configured {
                $0.backup.policy = .dump
                $0.backup.tools = FilePaths.join(FilePaths.split($0.backup.directory).parent, "tools")
            }
        ) { fixture in
            let engine = fixture.engine
            try fixture.makeTools(way)
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .failed && job.appliedCount == 0)
            let failure = try #require(job.failure)
            #expect(failure.code == (["old", "none"].contains(way) ? .toolMissing : .backupFailed), "\(failure)")
            if way == "fails" { #expect(failure.notes.contains { $0.contains("out of luck") }, "\(failure)") }
            #expect(try await fixture.value("SELECT to_regclass('log') IS NULL", as: Bool.self))
            #expect(try await engine.history(limit: nil).isEmpty)
            #expect(engine.listBackups().isEmpty)
            let left = (try? DirectoryTree.entries(of: fixture.directory("backups/main"))) ?? []
            #expect(left.isEmpty)
        }
    }

    @Test(.disabled(if: SmallDisk.obstacle != nil, Comment(rawValue: SmallDisk.obstacle ?? "")))
    func aDiskThatIsFullEndsTheJobBeforeAnyDDL() async throws {
        let mount = try TemporaryDirectory()
        try mount.make("small")
        try #require(Self.mountSmall(mount("small")))
        defer { umount2(mount("small"), 2) }
        let place = mount("small")
        try await EngineFixture.with(
            Sample.marks(1),
            .configured {
                $0.backup.policy = .dump
                $0.backup.directory = place
            }
        ) { fixture in
            let engine = fixture.engine
            try await fixture.admin.execute(
                "CREATE TABLE big AS SELECT sha256(n::text::bytea) AS noise FROM generate_series(1, 200000) n")
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .noSpace, "\(String(describing: job.failure))")
            #expect(try await fixture.value("SELECT to_regclass('log') IS NULL", as: Bool.self))
            #expect(try DirectoryTree.entries(of: place + "/main").isEmpty)
        }
    }

    private static func mountSmall(_ path: String) -> Bool {
        mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0
    }

    @Test func whatMustStayFreeStaysFree() async throws {
        try await EngineFixture.with(
            Sample.marks(1),
            .configured {
                $0.backup.policy = .dump
                $0.backup.minimumFree = Int64.max >> 1
            }
        ) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.failure?.code == .noSpace && job.failure?.hint?.contains("min_free") == true)
            #expect(try await engine.history(limit: nil).isEmpty)
            #expect(await engine.diagnose().contains { $0.subject == "main: backup" && $0.outcome == .bad })
        }
    }

    @Test func whatADeadJobLeftIsRemovedAtTheStart() async throws {
        try await EngineFixture.with([], Self.dumping) { fixture in
            try await fixture.engine.connectedOrTold()
            await fixture.first.stop()
            try fixture.directory.make("backups/main/.unfinished-abc/dump")
            try fixture.directory.write("backups/main/.unfinished-abc/dump/1.dat", "half")
            try fixture.directory.write("backups/main/..unfinished-list-abc.new", "half a list")
            try fixture.directory.make("backups/other/.unfinished-def")
            let second = RunningEngine(fixture.configuration)
            #expect(second.engine.listBackups().isEmpty)
            let job = try await second.engine.upgradeToNothing()
            #expect(try await second.engine.outcome(of: job).state == .succeeded)
            #expect(try DirectoryTree.entries(of: fixture.directory("backups/main")).isEmpty)
            // Those of another database are another worker's affair.
            #expect(try DirectoryTree.entries(of: fixture.directory("backups/other")) == [".unfinished-def"])
            await second.stop()
        }
    }

    @Test func withoutABackupTheReasonIsInTheRecord() async throws {
        try await EngineFixture.with(Sample.marks(1)) { fixture in
            let engine = fixture.engine
            let job = try await engine.outcome(of: try await engine.upgrade())
            #expect(job.state == .succeeded && job.backup == nil && engine.listBackups().isEmpty)
            let events = try await engine.events(of: job.id.number, after: 0)
            #expect(events.contains { $0.state == .applying && $0.message.contains("without a backup: a test") })
        }
    }
}

extension EngineFixture {
    /// A directory of programs that are not PostgreSQL's, or not as they should be.
    func makeTools(_ way: String) throws {
        guard way != "none" else { return }
        let real = database.cluster.binaries
        try directory.make("tools")
        let version = way == "old" ? "9.6.1" : "99.1"
        let dump =
            switch way {
            case "fails": "echo 'pg_dump: error: out of luck' >&2; exit 1"
            default:
                // A dump that ends well and is not whole.
                """
                for last; do case $last in --file=*) place=${last#--file=};; esac; done
                "\(real)/pg_dump" "$@" || exit 1
                for file in "$place"/*.dat.gz "$place"/toc.dat; do truncate -s 20 "$file"; done
                """
            }
        let versionLine = #"[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) \#(version)"; exit 0; }"#
        let realVersion = way == "cut" ? #"[ "$1" = --version ] && exec "\#(real)/pg_dump" --version"# : versionLine
        try directory.write("tools/pg_dump", "#!/bin/sh\n\(realVersion)\n\(dump)\n", mode: 0o755)
        try directory.write("tools/pg_restore", "#!/bin/sh\nexec \"\(real)/pg_restore\" \"$@\"\n", mode: 0o755)
    }
}

extension DatabaseEngine {
    /// A job that finds nothing to do, and by which one sees that the loop has come round.
    func upgradeToNothing() async throws -> Job {
        try await connectedOrTold()
        return try await enqueue(.upgrade, target: "heads", requestID: RequestID.random(), person: EngineFixture.ann)
    }
}

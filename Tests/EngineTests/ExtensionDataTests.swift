import Host
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

/// An extension whose tables hold data of the users: a dump has that, and not what the extension itself puts there.
@Suite(.timeLimit(.minutes(5))) struct ExtensionDataTests {
    /// A PostgreSQL like the one that is installed, with an extension more: programs find what belongs to them from where
    /// they are themselves.
    private struct Installation {
        let directory: TemporaryDirectory
        var binaries: String { directory("lib/postgresql/\(Self.major)/bin") }

        static let original = "/usr/lib/postgresql"
        static let major =
            ((try? DirectoryTree.entries(of: original)) ?? []).filter {
                ToolRunner.isExecutable("\(original)/\($0)/bin/initdb")
            }.max { (Int($0) ?? 0) < (Int($1) ?? 0) } ?? ""

        init() async throws {
            directory = try TemporaryDirectory()
            let script = """
                set -e; umask 022; m=\(Self.major); cd '\(directory.path)'
                mkdir -p lib/postgresql/$m/bin share/postgresql/$m/extension
                cp /usr/lib/postgresql/$m/bin/* lib/postgresql/$m/bin/
                ln -s /usr/lib/postgresql/$m/lib lib/postgresql/$m/lib
                for f in /usr/share/postgresql/$m/*; do [ -e share/postgresql/$m/${f##*/} ] || ln -s $f share/postgresql/$m/; done
                ln -s /usr/share/postgresql/$m/extension/* share/postgresql/$m/extension/
                """
            try await ToolRunner().run(ToolRunner.Command("sh", ["-c", script]))
            let place = "share/postgresql/\(Self.major)/extension/counting"
            try directory.write("\(place).control", "default_version = '1.0'\n")
            try directory.write(
                "\(place)--1.0.sql",
                """
                CREATE TABLE counting_settings (name text PRIMARY KEY, value text);
                INSERT INTO counting_settings VALUES ('its own', '1');
                SELECT pg_catalog.pg_extension_config_dump('counting_settings', 'WHERE name <> ''its own''');
                """)
        }
    }

    @Test(.enabled(if: !Installation.major.isEmpty)) func isRehearsedWithAndRestored() async throws {
        let installation = try await Installation()
        let cluster = try await TestCluster.make(binaries: installation.binaries)
        var setting = Setting.rehearsing()
        setting.cluster = cluster
        setting.configure = { [configure = setting.configure] in
            configure(&$0)
            $0.backup.tools = installation.binaries
        }
        let sample = Sample(
            "r1",
            up: "DO $$ BEGIN ASSERT (SELECT count(*) FROM counting_settings) = 2, 'not as in the database'; END $$;",
            down: "SELECT 1;")
        try await EngineFixture.restoring([sample], setting) { fixture in
            try await fixture.admin.script(
                "CREATE EXTENSION counting; INSERT INTO counting_settings VALUES ('ours', '2')")
            let job = try await fixture.engine.outcome(of: try await fixture.engine.upgrade())
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            let report = try #require(try await fixture.engine.rehearsal(of: job.id.number))
            #expect(report.outcome == .completed, "\(report.reason ?? "")")
            let copy = "\(fixture.database.name)_copy"
            let restored = try await fixture.restore(try #require(job.backup), into: copy)
            #expect(restored.state == .succeeded, "\(String(describing: restored.failure))")
            #expect(
                try await fixture.rows(of: copy, "SELECT name FROM counting_settings ORDER BY 1") == [
                    "its own", "ours",
                ])
        }
        await cluster.destroy()
    }
}

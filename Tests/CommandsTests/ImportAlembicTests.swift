import Control
import Host
import Planning
import Revisions
import SQLText
import Testing

@testable import Commands

/// What `migratectl import alembic` makes of what a project says, and of projects that it cannot read. The real Alembic is
/// asked in DaemonTests.
@Suite("migratectl import alembic")
struct ImportAlembicTests {
    private func translate(_ id: String = "r1", upgrade: String, downgrade: String? = nil) throws -> AlembicTranslation
    {
        let down = downgrade.map { ", \"downgrade\": \($0)" } ?? ""
        let text = """
            {"id": "\(id)", "path": "x.py", "downRevisions": [], "dependsOn": [], "branchLabels": [], "message": "m",
             "upgrade": \(upgrade)\(down)}
            """
        return AlembicTranslation(try JSONText.decode(AlembicProject.Revision.self, from: text))
    }

    @Test("what Alembic ran outside of its transaction runs by itself, and the revision's own COMMIT goes")
    func standalone() throws {
        let plain = try translate(upgrade: #"[{"sql": "SELECT 1; SELECT 2", "isStandalone": false}]"#, downgrade: "[]")
        #expect(plain.header.isTransactional && plain.isReversible)
        #expect(plain.text.hasSuffix("-- migrated: upgrade\nSELECT 1;\n\nSELECT 2;\n\n-- migrated: downgrade\n"))
        let block = try translate(upgrade: #"[{"sql": "SELECT 1", "isStandalone": true}]"#)
        #expect(!block.header.isTransactional && !block.isReversible)
        let own = try translate(
            upgrade:
                #"[{"sql": "COMMIT"}, {"sql": "ALTER TYPE t ADD VALUE 'x';"}, {"sql": "BEGIN"}, {"sql": "SELECT 1"}]"#)
        #expect(!own.header.isTransactional && own.gaps.isEmpty)
        #expect(own.text.hasSuffix("-- migrated: upgrade\nALTER TYPE t ADD VALUE 'x';\n\nSELECT 1;\n"))
        // An empty block changes nothing.
        #expect(try translate(upgrade: #"[{"sql": "COMMIT"}, {"sql": "BEGIN"}]"#).header.isTransactional)
        #expect(try !translate(upgrade: "[]", downgrade: #"[{"sql": "VACUUM t"}]"#).header.isTransactional)
    }

    @Test("what cannot be run here is left to a person, and the file can be read all the same")
    func gaps() throws {
        for (sql, reason) in [
            ("ROLLBACK", "ROLLBACK is not for revisions"), ("DISCARD ALL", "DISCARD ALL is not for revisions"),
            ("SELECT 'never closed", "cannot read string"),
        ] {
            let revision = try translate(upgrade: #"[{"sql": "SELECT 1"}, {"sql": "\#(sql)"}]"#)
            #expect(revision.gaps.map(\.direction) == [.upgrade])
            #expect(revision.gaps.first?.reason.hasPrefix(reason) == true, "\(revision.gaps)")
            let read = try SQLFormat().parse(RevisionFile(path: "x.sql", bytes: Array(revision.text.utf8)))
            #expect(read.upgrade.unfinished?.reason == revision.gaps.first?.reason)
            #expect(read.upgrade.statements.map(\.text) == ["SELECT 1"])
        }
    }

    @Test("files that are there stay, unless they are to be written anew; a faulty whole is not written")
    func files() throws {
        let directory = try FakeDaemon.temporaryDirectory()
        defer { try? DirectoryTree.remove(directory) }
        func fates(_ sql: String, force: Bool = false) throws -> [ImportWriting.Fate] {
            let revision = try translate(upgrade: #"[{"sql": "\#(sql)"}]"#)
            return try ImportWriting(of: [revision], into: directory).write(force: force).map(\.fate)
        }
        #expect(try fates("SELECT 1") == [.written])
        #expect(try fates("SELECT 1") == [.unchanged])
        #expect(try fates("SELECT 2") == [.kept])
        #expect(try TextFiles.readText("\(directory)/r1_m.sql").contains("SELECT 1;"))
        #expect(try fates("SELECT 2", force: true) == [.written])
        #expect(try TextFiles.readText("\(directory)/r1_m.sql").contains("SELECT 2;"))
        let faulty = try [translate("r2", upgrade: "[]"), translate("with-dash", upgrade: "[]")]
        let failure = #expect(throws: Failure.self) {
            try ImportWriting(of: faulty, into: directory).write(force: false)
        }
        #expect(failure?.code == .revisionsInvalid)
        #expect(try DirectoryTree.revisionFiles(in: directory).map(\.name) == ["r1_m.sql"])
    }

    @Test("a project or a Python that is not there is said")
    func refused() async throws {
        let absent = await Place().run(["import", "alembic", "/nonexistent/alembic.ini"])
        #expect(absent.status == Failure.Code.usage.exitStatus)
        #expect(
            absent.errors.hasPrefix("migratectl: cannot read \"/nonexistent/alembic.ini\": no such file or directory"))
        let directory = try FakeDaemon.temporaryDirectory()
        defer { try? DirectoryTree.remove(directory) }
        try AtomicFile.write("\(directory)/alembic.ini", text: "[alembic]\n", mode: 0o600)
        let noPython = await Place().run(["import", "alembic", directory, "--python", "/nonexistent/python"])
        #expect(noPython.status == Failure.Code.toolMissing.exitStatus)
        #expect(noPython.errors.contains("hint: name the project's Python: --python PATH"))
    }
}

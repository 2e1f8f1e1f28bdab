import Digest
import Revisions
import Testing

/// What a digest has to notice, and what it must not.
@Suite("digests of sections")
struct DigestOfSectionTests {
    private static let header = "-- revision: b\n-- down_revision: a\n-- depends_on: d\n-- description: x\n"
    private static let upgrade = "CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n\\.\n"
    private static let downgrade = "DROP TABLE t;\n"

    private static func digests(
        header: String = header, upgrade: String = upgrade, downgrade: String? = downgrade
    ) throws -> [SHA256Digest] {
        var text = header + "-- migrated: upgrade\n" + upgrade
        if let downgrade { text += "-- migrated: downgrade\n" + downgrade }
        let revision = try SQLFormat().parse(RevisionFile(path: "b.sql", bytes: Array(text.utf8)))
        let down = revision.downgrade ?? revision.upgrade
        return [
            revision.upgrade.contentDigest, revision.upgrade.meaningDigest, down.contentDigest, down.meaningDigest,
        ]
    }

    /// Which of the upgrade's content, the upgrade's meaning, the downgrade's content, its meaning have changed.
    private static func changes(_ digests: [SHA256Digest]) throws -> String {
        zip("CMcm", zip(digests, try Self.digests())).filter { $1.0 != $1.1 }.map { String($0.0) }.joined()
    }

    @Test(
        "the header",
        arguments: [
            ("", "", ""),
            ("-- description: x\n", "-- description: y\n", ""),
            ("-- description: x\n", "-- created: now\n", ""),
            ("-- description: x\n", "-- Copyright: me\n-- description: x\n", ""),
            ("-- description: x\n", "-- branch_labels: l\n", ""),
            ("revision: b", "revision: c", "Cc"),
            ("down_revision: a", "down_revision: a2", "Cc"),
            ("down_revision: a\n-- depends_on: d", "down_revision: a, d", "Cc"),
            ("-- depends_on: d\n", "", "Cc"),
            ("-- description: x\n", "-- transaction: off\n", "CMcm"),
            ("-- description: x\n", "-- transaction: on\n", ""),
        ])
    func header(old: String, new: String, changed: String) throws {
        let parts = Self.header.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        let header = old.isEmpty ? Self.header : "\(parts[0])\(new)\(parts[1])"
        #expect(try Self.changes(Self.digests(header: header)) == changed)
    }

    @Test(
        "the sections",
        arguments: [
            ("-- a licence\n" + upgrade, downgrade, "C"),
            ("/* a licence */ CREATE  TABLE\n t (A int);COPY t FROM stdin;\n1\n\\.\n", downgrade, "C"),
            ("CREATE TABLE t (b int);\nCOPY t FROM stdin;\n1\n\\.\n", downgrade, "CM"),
            ("CREATE TABLE \"T\" (a int);\nCOPY t FROM stdin;\n1\n\\.\n", downgrade, "CM"),
            ("CREATE TABLE t (a int);\nCOPY t FROM stdin;\n2\n\\.\n", downgrade, "CM"),
            ("CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n1\n\\.\n", downgrade, "CM"),
            (upgrade + "\n", downgrade, "C"),
            (upgrade, "DROP  TABLE t;\n", "c"),
            (upgrade, "DROP TABLE t CASCADE;\n", "cm"),
        ])
    func sections(upgrade: String, downgrade: String, changed: String) throws {
        #expect(try Self.changes(Self.digests(upgrade: upgrade, downgrade: downgrade)) == changed)
    }

    @Test("tokens do not run together, and directions differ")
    func boundaries() throws {
        func meaning(_ sql: String) throws -> SHA256Digest { try Self.digests(upgrade: sql)[1] }
        #expect(try meaning("SELECT a b;") != meaning("SELECT ab;"))
        #expect(try meaning("SELECT 1; SELECT 2;") != meaning("SELECT 1 SELECT 2;"))
        #expect(try meaning("SELECT 'a b';") != meaning("SELECT 'a  b';"))
        let same = try Self.digests(upgrade: "SELECT 1;\n", downgrade: "SELECT 1;\n")
        #expect(Set(same).count == 4)
    }

    @Test("taking the downgrade away leaves the upgrade alone")
    func withoutDowngrade() throws {
        #expect(try Self.digests(downgrade: nil).prefix(2) == Self.digests().prefix(2))
    }
}

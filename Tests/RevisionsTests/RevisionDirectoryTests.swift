import Revisions
import Testing

@Suite("directories")
struct RevisionDirectoryTests {
    private func file(_ name: String, _ header: String, _ upgrade: String = "SELECT 1;") -> RevisionFile {
        let lines = header.split(separator: ";").map { "-- \($0)\n" }.joined()
        return RevisionFile(path: "m/\(name).sql", bytes: Array("\(lines)-- migrated: upgrade\n\(upgrade)\n".utf8))
    }

    private func chain(_ count: Int) -> [RevisionFile] {
        (0..<count).map {
            file("r\($0 + 1000)", "revision: r\($0 + 1000);down_revision: \($0 == 0 ? "none" : "r\($0 + 999)")")
        }
    }

    @Test("a sound directory is a graph, parents first whatever the files are called")
    func sound() throws {
        let loaded = RevisionDirectory.load([
            file("a", "revision: last;down_revision: middle, side"), file("b", "revision: first;down_revision: none"),
            file("c", "revision: middle;down_revision: first"), file("d", "revision: side;down_revision: first"),
            RevisionFile(path: "m/README.md", bytes: Array("no revision".utf8)),
        ])
        let graph = try #require(loaded.graph)
        #expect(loaded.problems.isEmpty)
        #expect(graph.revisions.map(\.id) == ["first", "middle", "side", "last"])
        #expect(graph["middle"]?.path == "m/c.sql")
        #expect(graph.heads == ["last"])
        #expect(graph.bases == ["first"])
        #expect(graph.children(of: "first") == ["middle", "side"])
        #expect(graph.isMergePoint("last"))
        #expect(graph.isBranchPoint("first"))
        #expect(graph.ancestors(of: "last") == ["first", "middle", "side"])
        #expect(graph.descendants(of: "side") == ["last"])
    }

    @Test("every problem of the whole directory is reported at once, in order")
    func everything() {
        let loaded = RevisionDirectory.load([
            file("h", "revision: h;down_revision: nowhere"),
            file("a", "revision: a;down_revision: none;branch_labels: x, b"),
            file("b", "revision: b;down_revision: a;branch_labels: x"), file("c", "revision: b;down_revision: a"),
            file("d", "revision: d;down_revision: e"), file("e", "revision: e;down_revision: d"),
            file("f", "revision: f;down_revision: f"), file("g", "revision: g;down_revision: a;depends_on: missing"),
            file("i", "revision: i;down_revision: a;nonsense: x", "COMMIT;"), file("j", "revision: j;down_revision: i"),
        ])
        #expect(loaded.graph == nil)
        #expect(
            loaded.problems.map { "\($0.description.split(separator: ": ")[0]) \($0.code.rawValue)" } == [
                "m/a.sql:3:19 duplicate_label", "m/b.sql:3:19 duplicate_label", "m/c.sql:1:14 duplicate_revision",
                "m/d.sql:2:19 cycle", "m/f.sql:2:19 self_loop", "m/g.sql:3:16 missing_revision",
                "m/h.sql:2:19 missing_revision", "m/i.sql:3:4 unknown_key", "m/i.sql:5:1 illegal_statement",
            ])
        #expect(loaded.problems.first { $0.code == .cycle }?.candidates == ["d", "e"])
    }

    @Test("a cycle through dependencies")
    func dependencyCycle() {
        let loaded = RevisionDirectory.load([
            file("a", "revision: a;down_revision: none"), file("b", "revision: b;down_revision: a;depends_on: c"),
            file("c", "revision: c;down_revision: a;depends_on: b"),
        ])
        #expect(loaded.problems.map(\.code) == [.dependencyCycle])
        #expect(loaded.problems.first?.message.contains("b -> c -> b") ?? false)
    }

    @Test("what has not changed is taken over")
    func reuse() throws {
        var files = chain(50)
        let first = RevisionDirectory.load(files)
        let again = RevisionDirectory.load(files.reversed(), reusing: first)
        #expect(again.revisions == first.revisions)
        files[7].bytes += Array("SELECT 2;\n".utf8)
        files.append(file("z", "revision: z;down_revision: r1049"))
        let changed = RevisionDirectory.load(files, reusing: first)
        #expect(changed.graph?["r1007"]?.upgrade.statements.count == 2)
        #expect(changed.graph?.heads == ["z"])
        files.removeLast()
        files.remove(at: 20)
        let removed = RevisionDirectory.load(files, reusing: changed)
        #expect(removed.problems.map(\.code) == [.missingRevision])
        #expect(RevisionDirectory.load(chain(50), reusing: removed).graph?.count == 50)
        #expect(RevisionDirectory.load([], reusing: first).graph?.isEmpty ?? false)
    }

    @Test("an outline is the graph without reading the statements")
    func outline() throws {
        let outline = RevisionDirectory.outline(chain(3) + [file("x", "revision: x;down_revision: r1002", "COMMIT;")])
        #expect(outline.graph?.heads == ["x"])
        #expect(outline.headers["r1001"]?.path == "m/r1001.sql")
        #expect(outline.headers["r1001"]?.header.downRevisions == ["r1000"])
        #expect(
            RevisionDirectory.outline([file("x", "revision: x;down_revision: y")]).problems.map(\.code) == [
                .missingRevision
            ])
    }

    @Test("nothing is a graph without revisions")
    func empty() throws {
        let graph = try #require(RevisionDirectory.load([]).graph)
        #expect(graph.isEmpty)
        #expect(try graph.upgrade(to: RevisionTarget(parsing: "head"), from: []).isEmpty)
        #expect(try graph.history().isEmpty)
        #expect(RevisionGraph.empty.heads.isEmpty)
    }
}

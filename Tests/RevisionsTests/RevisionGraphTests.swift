import Revisions
import Testing

/// The rules that have names; `OracleTests` has the breadth.
@Suite("the graph")
struct RevisionGraphTests {
    /// `first` divides into `left…` (billing) and `right…`, which meet in `merged`; `other` is a root of its own whose
    /// second revision needs `right2`.
    private static let graph: RevisionGraph = {
        let nodes = [
            RevisionNode(id: "first"),
            RevisionNode(id: "left1", downRevisions: ["first"], branchLabels: ["billing"]),
            RevisionNode(id: "left2", downRevisions: ["left1"]),
            RevisionNode(id: "right1", downRevisions: ["first"]),
            RevisionNode(id: "right2", downRevisions: ["right1"]),
            RevisionNode(id: "merged", downRevisions: ["left2", "right2"]),
            RevisionNode(id: "other1", branchLabels: ["other"]),
            RevisionNode(id: "other2", downRevisions: ["other1"], dependsOn: ["right2"]),
        ]
        return (try? RevisionGraph(nodes: nodes)) ?? .empty
    }()

    private func error(_ body: () throws -> Void) -> RevisionError? {
        do {
            try body()
            return nil
        } catch {
            return error as? RevisionError
        }
    }

    private func upgrade(_ target: String, _ rows: [RevisionID] = []) throws -> [GraphStep] {
        try Self.graph.upgrade(to: RevisionTarget(parsing: target), from: rows)
    }

    private func downgrade(_ target: String, _ rows: [RevisionID]) throws -> [GraphStep] {
        try Self.graph.downgrade(to: RevisionTarget(parsing: target), from: rows)
    }

    @Test("an upgrade across a merge writes these rows")
    func rowsUp() throws {
        #expect(
            try upgrade("merged").map(\.rowChanges) == [
                [.insert("first")], [.update(from: "first", to: "right1")], [.update(from: "right1", to: "right2")],
                [.insert("left1")], [.update(from: "left1", to: "left2")],
                [.delete("left2"), .update(from: "right2", to: "merged")],
            ])
        #expect(try upgrade("merged").last?.rowsAfter == ["merged"])
    }

    @Test("the changes of each step lead from the rows before it to the rows after it")
    func rowsFollow() throws {
        func follow(_ steps: [GraphStep], _ start: [RevisionID]) {
            var rows = Set(start)
            for step in steps {
                for change in step.rowChanges {
                    switch change {
                    case .insert(let id): #expect(rows.insert(id).inserted)
                    case .delete(let id): #expect(rows.remove(id) != nil)
                    case .update(let from, let to):
                        #expect(rows.remove(from) != nil)
                        #expect(rows.insert(to).inserted)
                    }
                }
                #expect(rows.sorted() == step.rowsAfter)
            }
        }
        let up = try upgrade("heads")
        follow(up, [])
        let top = try #require(up.last?.rowsAfter)
        #expect(top == ["merged", "other2"])
        let down = try downgrade("base", top)
        follow(down, top)
        #expect(Set(down.map(\.revision)) == Set(up.map(\.revision)))
        #expect(down.last?.rowsAfter == [])
        for target in ["left1", "right1", "first", "left2", "right2"] { follow(try downgrade(target, top), top) }
    }

    @Test("a downgrade takes dependents on other branches along, and leaves what others still need")
    func dependents() throws {
        #expect(
            try downgrade("right1", ["merged", "other2"]).map(\.revision).sorted() == ["merged", "other2", "right2"])
        let step = try #require(try downgrade("other1", ["other2"]).first)
        #expect(step.rowChanges == [.insert("other1"), .update(from: "other2", to: "right2")])
        #expect(step.rowsAfter == ["other1", "right2"])
    }

    @Test("a planned downgrade goes on where it stopped, unless something was built upon it")
    func exactly() throws {
        let planned: [RevisionID] = ["left2", "left1"]
        #expect(try Self.graph.downgrade(exactly: planned, from: ["left2"]).map(\.revision) == planned)
        #expect(try Self.graph.downgrade(exactly: planned, from: ["left1"]).map(\.revision) == ["left1"])
        #expect(try Self.graph.downgrade(exactly: planned, from: ["first"]).isEmpty)
        #expect(error { _ = try Self.graph.downgrade(exactly: planned, from: ["merged"]) }?.code == .notAncestor)
    }

    @Test("an applied target is a no-op; a sibling is never run")
    func siblings() throws {
        #expect(try upgrade("left1", ["merged"]).isEmpty)
        #expect(try upgrade("left1").map(\.revision) == ["first", "left1"])
        #expect(try upgrade("other2").map(\.revision).contains("right2"))
        #expect(try !upgrade("other2").map(\.revision).contains("left1"))
    }

    @Test(
        "targets",
        arguments: [
            ("merged", ["merged"]), ("merg", ["merged"]), ("heads", ["merged", "other2"]), ("base", []),
            ("billing", ["left1"]), ("bill", ["left1"]), ("billing@head", ["merged"]), ("billing@base", []),
            ("right1@head", ["merged"]), ("other@heads", ["other2"]), ("merged-0", ["merged"]),
            ("left1+1", ["left2"]), ("billing@first+1", ["left1"]), ("left2-2", ["first"]), ("other@left1", []),
        ] as [(String, [RevisionID])])
    func targets(text: String, expected: [RevisionID]) throws {
        let found = try? Self.graph.resolve(RevisionTarget(parsing: text))
        #expect((found ?? []) == expected)
    }

    @Test("steps from what is applied")
    func relative() throws {
        let graph = Self.graph
        #expect(try graph.resolve(RevisionTarget(parsing: "+1"), rows: ["left1"]) == ["left2"])
        #expect(try graph.resolve(RevisionTarget(parsing: "-1"), rows: ["left1"]) == ["first"])
        #expect(try graph.resolve(RevisionTarget(parsing: "-1"), rows: ["first"]) == [])
        #expect(try graph.resolve(RevisionTarget(parsing: "current"), rows: ["left1"]) == ["left1"])
        #expect(try upgrade("other@+1", ["left1"]).map(\.revision) == ["other1"])
        #expect(try upgrade("billing@+1", ["first"]).map(\.revision) == ["left1"])
        #expect(try downgrade("-1", ["left2"]).map(\.revision) == ["left2"])
        #expect(try downgrade("billing@-1", ["left2", "other1"]).map(\.revision) == ["left2"])
    }

    @Test(
        "errors say which code and which candidates",
        arguments: [
            ("head", [], .multipleHeads, ["merged", "other2"]), ("nope", [], .noSuchRevision, []),
            ("righ", [], .ambiguousPrefix, ["right1", "right2"]),
            ("+1", ["left1", "right1"], .ambiguousCurrent, ["left1", "right1"]),
            ("+1", ["first"], .ambiguousWalk, ["left1", "right1"]), ("+9", ["left1"], .relativeOutOfRange, []),
            ("-1", ["left1"], .relativeOutOfRange, []), ("other@left1", [], .notInBranch, []),
            ("nope@left1", [], .noSuchBranch, []), ("merged", ["gone"], .noSuchRevision, ["gone"]),
            ("heads", ["first", "left1"], .overlappingTargets, ["first", "left1"]),
            ("a:b", [], .rangeNotAllowed, []), ("", [], .illegalTarget, []),
        ] as [(String, [RevisionID], RevisionError.Code, [RevisionID])])
    func upgradeErrors(target: String, rows: [RevisionID], code: RevisionError.Code, candidates: [RevisionID]) {
        let error = error { _ = try upgrade(target, rows) }
        #expect(error?.code == code)
        #expect(error?.candidates == candidates)
        #expect(error?.message.hasPrefix("cannot ") ?? false)
    }

    @Test(
        "errors of a downgrade",
        arguments: [
            ("left1", ["other1"], .notAncestor), ("+1", ["left1"], .relativeOutOfRange),
            ("-1", [], .relativeOutOfRange),
            ("-9", ["left1"], .relativeOutOfRange), ("-1", ["gone"], .noSuchRevision),
            ("merged-1", ["merged"], .ambiguousWalk),
        ] as [(String, [RevisionID], RevisionError.Code)])
    func downgradeErrors(target: String, rows: [RevisionID], code: RevisionError.Code) {
        #expect(error { _ = try downgrade(target, rows) }?.code == code)
    }

    @Test("stamps")
    func stamps() throws {
        func stamp(_ texts: [String], _ rows: [RevisionID], purge: Bool = false) throws -> StampPlan {
            try Self.graph.stamp(to: texts.map { try RevisionTarget(parsing: $0) }, from: rows, purge: purge)
        }
        #expect(try stamp(["heads"], []).rowsAfter == ["merged", "other2"])
        #expect(
            try stamp(["merged"], ["left1", "right1"]).rowChanges == [
                .delete("left1"), .update(from: "right1", to: "merged"),
            ])
        #expect(try stamp(["left1"], ["merged"]).rowChanges == [.update(from: "merged", to: "left1")])
        #expect(try stamp(["other1"], ["left1"]).rowChanges == [.insert("other1")])
        #expect(try stamp(["base"], ["left1", "other1"]).rowsAfter == [])
        #expect(try stamp(["left1"], ["left1"]).rowChanges == [])
        #expect(
            try stamp(["left1"], ["gone", "other1"], purge: true).rowChanges == [
                .delete("gone"), .delete("other1"), .insert("left1"),
            ])
        #expect(error { _ = try stamp(["-1"], ["left1"]) }?.code == .noSuchRevision)
        #expect(error { _ = try stamp(["left1"], ["gone"]) }?.code == .noSuchRevision)
    }

    @Test("plans without a database")
    func offline() throws {
        let graph = Self.graph
        #expect(try graph.offlineUpgrade("left1").steps.map(\.revision) == ["first", "left1"])
        #expect(try graph.offlineUpgrade("left1:left2").steps.map(\.revision) == ["left2"])
        #expect(try graph.offlineDowngrade("left2:first").steps.map(\.revision) == ["left2", "left1"])
        #expect(try graph.offlineStamp(["left1:left2"]).rowChanges == [.update(from: "left1", to: "left2")])
        #expect(error { _ = try graph.offlineDowngrade("first") }?.code == .rangeRequired)
        #expect(error { _ = try graph.offlineStamp(["left1"], purge: true) }?.code == .purgeWithSQL)
        #expect(error { _ = try graph.offlineStamp(["left1:left2", "other1:other2"]) }?.code == .singleStartRequired)
        #expect(error { _ = try graph.offlineUpgrade("a:b:c") }?.code == .rangeRequired)
    }

    @Test("history, current and being at the head")
    func looking() throws {
        let graph = Self.graph
        #expect(try graph.history().count == 8)
        #expect(try graph.history(RevisionRange(parsing: "first:left2")) == ["left2", "left1", "first"])
        #expect(try graph.history(RevisionRange(parsing: "-1:current"), rows: ["left2"]) == ["left2", "left1"])
        #expect(try graph.current(rows: ["other2"]) == ["right2", "other2"])
        #expect(try graph.applied(rows: ["left1"]) == ["first", "left1"])
        #expect(try graph.isAtHead(rows: ["merged", "other2"]))
        #expect(error { try graph.checkAtHead(rows: ["merged"]) }?.candidates == ["other2"])
    }

    @Test("the place of a new revision")
    func places() throws {
        let graph = Self.graph
        let merge = try graph.place(
            for: RevisionRequest(id: "n", parents: ["other2", "merged"], dependsOn: ["bill", "billing"]))
        #expect(merge.downRevisions == ["other2", "merged"])
        #expect(merge.dependsOn == ["left1", "billing"])
        #expect(try graph.place(for: RevisionRequest(id: "n", parents: ["base"])).downRevisions == [])
        func code(_ request: RevisionRequest) -> RevisionError.Code? {
            error { _ = try graph.place(for: request) }?.code
        }
        #expect(code(RevisionRequest(id: "n")) == .multipleHeads)
        #expect(code(RevisionRequest(id: "n", parents: ["left1"])) == .notAHead)
        #expect(code(RevisionRequest(id: "n", parents: ["left1"], splice: true)) == nil)
        #expect(code(RevisionRequest(id: "first", parents: ["merged"])) == .duplicateRevision)
        #expect(code(RevisionRequest(id: "a-b", parents: ["merged"])) == .illegalID)
        #expect(code(RevisionRequest(id: "n", parents: ["merged"], branchLabels: ["billing"])) == .duplicateLabel)
        #expect(code(RevisionRequest(id: "n", parents: ["merged"], branchLabels: ["a@b"])) == .illegalLabel)
    }

    @Test("labels cover a branch, and stop where it divides")
    func labels() throws {
        #expect(Self.graph.branchLabels(of: "merged") == ["billing"])
        #expect(Self.graph.branchLabels(of: "first") == [])
        let line = try RevisionGraph(nodes: [
            RevisionNode(id: "a"), RevisionNode(id: "b", downRevisions: ["a"]),
            RevisionNode(id: "c", downRevisions: ["b"], branchLabels: ["x"]),
        ])
        #expect(line.branchLabels(of: "a") == ["x"])
    }

    @Test("depth costs no stack")
    func depth() throws {
        let nodes = (0..<20_000).map {
            RevisionNode(id: RevisionID("r\($0)"), downRevisions: $0 == 0 ? [] : [RevisionID("r\($0 - 1)")])
        }
        let graph = try RevisionGraph(nodes: nodes.reversed())
        #expect(try graph.upgrade(to: RevisionTarget(parsing: "head"), from: ["r0"]).count == 19_999)
        #expect(try graph.downgrade(to: RevisionTarget(parsing: "base"), from: ["r19999"]).count == 20_000)
    }
}

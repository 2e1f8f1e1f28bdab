import FoundationEssentials
import Revisions
import Testing

/// Replays what the real Alembic answered about random graphs; `Oracle/generate.py` wrote it down.
@Suite("Alembic's own answers")
struct OracleTests {
    @Test("are ours")
    func replay() throws {
        let lines = try OracleGraph.all()
        var wrong: [String] = []
        var count = 0
        for graph in lines {
            for question in graph.cases {
                count += 1
                if let difference = question.difference(on: graph) { wrong.append(difference) }
            }
        }
        #expect(count > 300)
        #expect(wrong.isEmpty, "\(wrong.count) of \(count):\n\(wrong.prefix(20).joined(separator: "\n"))")
    }

    @Test("plans are the same however often they are made")
    func determinism() throws {
        for graph in try OracleGraph.all() {
            for question in graph.cases where question.do == "upgrade" {
                #expect(question.answer(on: graph) == question.answer(on: graph))
            }
        }
    }
}

/// A line of the file.
struct OracleGraph: Decodable {
    var nodes: [RevisionNode]
    var cases: [OracleCase]

    enum CodingKeys: String, CodingKey {
        case nodes, cases
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        nodes = try container.decode([OracleNode].self, forKey: .nodes).map(\.node)
        cases = try container.decode([OracleCase].self, forKey: .cases)
    }

    static func all() throws -> [OracleGraph] {
        let other = ProcessInfo.processInfo.environment["REVISIONS_ORACLE"]
        let here = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Oracle/cases.jsonl")
        let data = try Data(contentsOf: other.map { URL(filePath: $0) } ?? here)
        return try data.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(OracleGraph.self, from: $0)
        }
    }
}

/// `[id, [parents], [dependencies], [labels]]`, or the last three of these.
struct OracleNode: Decodable, Equatable {
    var node: RevisionNode

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let id = container.count == 4 ? try container.decode(String.self) : "ffffffffff00"
        node = RevisionNode(
            id: RevisionID(id), downRevisions: try container.decode([RevisionID].self),
            dependsOn: try container.decode([String].self), branchLabels: try container.decode([String].self))
    }
}

struct OracleCase: Decodable {
    var `do`: String
    var at: [RevisionID]?
    var to: OneOrMany?
    var splice: Bool?
    var depends: [String]?
    /// In a question for a new revision the labels of it, otherwise the answer's.
    var labels: LabelList?
    // The answer
    var loose: Bool?
    var steps: [OracleStep]?
    var rows: [RevisionID]?
    var ids: [String]?
    var branches: [BranchPoint]?
    var node: OracleNode?
    var error: String?

    struct OneOrMany: Decodable {
        var values: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            values = try (try? [container.decode(String.self)]) ?? container.decode([String].self)
        }
    }

    enum LabelList: Decodable, Equatable {
        case own([String])
        case reaching([String: [String]])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self =
                try (try? .own(container.decode([String].self))) ?? .reaching(container.decode([String: [String]].self))
        }
    }

    struct OracleStep: Decodable, Equatable {
        var id: RevisionID
        var rows: [RevisionID]

        init(id: RevisionID, rows: [RevisionID]) {
            self.id = id
            self.rows = rows
        }

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            id = try container.decode(RevisionID.self)
            rows = try container.decode([RevisionID].self)
        }
    }

    struct BranchPoint: Decodable, Equatable {
        var id: RevisionID
        var children: [RevisionID]

        init(_ point: (revision: RevisionID, children: [RevisionID])) { (id, children) = point }

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            id = try container.decode(RevisionID.self)
            children = try container.decode([RevisionID].self)
        }
    }

    /// What ours answers, in the same terms.
    enum Answer: Equatable {
        case steps([OracleStep])
        case ids([String])
        case rows([RevisionID])
        case labels([String: [String]])
        case branches([BranchPoint])
        case node(RevisionNode)
        case error(String)
    }
}

extension OracleCase {
    func answer(on bare: OracleGraph) -> Answer {
        do {
            return try answer(of: RevisionGraph(nodes: bare.nodes))
        } catch let error as RevisionError {
            return .error(error.code.rawValue)
        } catch let problems as RevisionProblems {
            return .error(problems.problems.first?.code.rawValue ?? "")
        } catch {
            return .error("\(error)")
        }
    }

    private func answer(of graph: RevisionGraph) throws -> Answer {
        let rows = at ?? []
        let text = to?.values.first ?? ""
        switch `do` {
        case "load", "heads": return .ids(graph.heads.map(\.rawValue).sorted())
        case "effective_heads": return .ids(graph.effectiveHeads.map(\.rawValue).sorted())
        case "upgrade":
            return .steps(try graph.upgrade(to: RevisionTarget(parsing: text), from: rows).map(Self.step))
        case "downgrade":
            return .steps(try graph.downgrade(to: RevisionTarget(parsing: text), from: rows).map(Self.step))
        case "stamp":
            return .rows(
                try graph.stamp(to: (to?.values ?? []).map { try RevisionTarget(parsing: $0) }, from: rows).rowsAfter)
        case "resolve": return .ids(try graph.resolve(RevisionTarget(parsing: text)).map(\.rawValue))
        case "resolve_one":
            return .ids(try graph.resolveOne(RevisionTarget(parsing: text)).map { [$0.rawValue] } ?? [])
        case "current": return .ids(try graph.current(rows: rows).map(\.rawValue).sorted())
        case "history": return .ids(try graph.history(RevisionRange(parsing: text), rows: rows).map(\.rawValue))
        case "labels":
            return .labels(
                Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.id.rawValue, graph.branchLabels(of: $0.id)) }))
        case "branches": return .branches(graph.branchPoints.map(BranchPoint.init))
        default:
            var wanted: [String] = []
            if case .own(let labels) = labels { wanted = labels }
            return .node(
                try graph.place(
                    for: RevisionRequest(
                        id: "ffffffffff00", parents: to?.values ?? [], splice: splice ?? false, branchLabels: wanted,
                        dependsOn: depends ?? [])))
        }
    }

    private static func step(_ step: GraphStep) -> OracleStep { OracleStep(id: step.revision, rows: step.rowsAfter) }

    /// What Alembic answered.
    private var expected: Answer? {
        if let error { return .error(error) }
        if let steps { return .steps(steps) }
        if let node { return .node(node.node) }
        if let branches { return .branches(branches) }
        if let rows { return .rows(rows) }
        if let ids { return .ids(ids) }
        if case .reaching(let labels) = labels { return .labels(labels) }
        return nil
    }

    /// How our answer differs; nil when it does not.
    func difference(on graph: OracleGraph) -> String? {
        let ours = answer(on: graph)
        if loose ?? false {
            if case .steps(let steps) = ours, let rows {
                if steps.map(\.id.rawValue).sorted() == ids, steps.last?.rows == rows, isOrdered(steps, on: graph) {
                    return nil
                }
            } else if case .ids(let found) = ours, found.sorted() == ids {
                return nil
            }
        } else if ours == expected {
            return nil
        }
        let nodes = graph.nodes.map { "\($0.id)<\($0.downRevisions.map(\.rawValue))\($0.dependsOn)\($0.branchLabels)" }
        return "\(`do`) \(to?.values ?? []) at \(at ?? []): \(ours), not \(expected.map { "\($0)" } ?? "?") on \(nodes)"
    }

    /// Whether each step comes before, or on the way down after, those that stand on it.
    private func isOrdered(_ steps: [OracleStep], on bare: OracleGraph) -> Bool {
        guard let graph = try? RevisionGraph(nodes: bare.nodes) else { return false }
        let order = `do` == "upgrade" ? steps.map(\.id) : steps.map(\.id).reversed()
        var seen: Set<RevisionID> = []
        for id in order {
            guard graph.descendants(of: id).isDisjoint(with: seen) else { return false }
            seen.insert(id)
        }
        return true
    }
}

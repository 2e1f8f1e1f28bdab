internal import FoundationEssentials
internal import Revisions

/// Answers questions about revision graphs that are put as one JSON object a line: no daemon, no database.
enum ResolveOracle {
    /// The answer to one question, as one line of JSON without a line end.
    static func answer(line: String) -> String {
        var answer = ResolveAnswer()
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let question = try decoder.decode(ResolveQuestion.self, from: Data(line.utf8))
            answer.id = question.id
            try question.answer(into: &answer)
        } catch let error as RevisionError {
            answer.refuse(error)
        } catch let error as RevisionProblems {
            if let first = error.problems.min(by: { $0.code.debugPhase < $1.code.debugPhase }) { answer.refuse(first) }
        } catch {
            answer.error = "illegal_question"
            answer.message = "cannot read the question: \(error)"
        }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(answer) else { return "{\"error\":\"illegal_answer\"}" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// One value or a list of them.
private struct OneOrMany: Decodable {
    var values: [String]
    var isList: Bool

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let one = try? container.decode(String.self) {
            values = [one]
            isList = false
        } else {
            values = try container.decode([String].self)
            isList = true
        }
    }

    var targets: [RevisionTarget] {
        get throws { try values.map { try RevisionTarget(parsing: $0) } }
    }
}

/// A question, with the parameters of all commands.
private struct ResolveQuestion: Decodable {
    struct Node: Decodable {
        var id: String
        var down: [String]
        var dependsOn: [String]
        var labels: [String]
    }

    var id: String?
    var revisions: [Node]
    var current: [String]?
    var command: String
    var target: OneOrMany?
    var sql: Bool?
    var purge: Bool?
    var checkHeads: Bool?
    var resolveDependencies: Bool?
    // iterate
    var upper: OneOrMany?
    var lower: OneOrMany?
    var implicitBase: Bool?
    var inclusive: Bool?
    var selectForDowngrade: Bool?
    var assertRelativeLength: Bool?
    // revision, merge
    var head: OneOrMany?
    var splice: Bool?
    var branchLabel: OneOrMany?
    var dependsOn: OneOrMany?
    var revId: String?
    var revisionsArg: OneOrMany?

    var rows: [RevisionID] { (current ?? []).map { RevisionID($0) } }

    var graph: RevisionGraph {
        get throws(RevisionProblems) {
            try RevisionGraph(
                nodes: revisions.map {
                    RevisionNode(
                        id: RevisionID($0.id), downRevisions: $0.down.map { RevisionID($0) }, dependsOn: $0.dependsOn,
                        branchLabels: $0.labels)
                })
        }
    }

    func answer(into answer: inout ResolveAnswer) throws {
        let graph = try graph
        switch command {
        case "upgrade", "downgrade", "stamp": try move(graph, &answer)
        case "load":
            answer.heads = graph.heads.map(\.rawValue).sorted()
            answer.bases = graph.bases.map(\.rawValue).sorted()
        case "labels":
            answer.labels = .byRevision(
                Dictionary(
                    graph.nodes.map { ($0.id.rawValue, graph.branchLabels(of: $0.id)) },
                    uniquingKeysWith: { first, _ in first }))
        case "branches": answer.branches = graph.branchPoints.map(BranchAnswer.init)
        case "revision", "merge": try makeRevision(graph, &answer)
        default: answer.ids = try list(graph).map(\.rawValue)
        }
    }

    private func move(_ graph: RevisionGraph, _ answer: inout ResolveAnswer) throws {
        let isOffline = sql ?? false
        let text = target?.values.first ?? ""
        var steps: [GraphStep] = []
        var rowsAfter = Array(Set(rows)).sorted()
        switch (command, isOffline) {
        case ("stamp", true):
            rowsAfter = try graph.offlineStamp(target?.values ?? [], purge: purge ?? false).rowsAfter
        case ("stamp", false):
            rowsAfter = try graph.stamp(to: target?.targets ?? [], from: rows, purge: purge ?? false).rowsAfter
        case ("upgrade", true):
            let plan = try graph.offlineUpgrade(text)
            (steps, rowsAfter) = (plan.steps, plan.rowsAfter)
        case ("downgrade", true):
            let plan = try graph.offlineDowngrade(text)
            (steps, rowsAfter) = (plan.steps, plan.rowsAfter)
        case ("upgrade", false): steps = try graph.upgrade(to: target?.targets ?? [], from: rows)
        default: steps = try graph.downgrade(to: RevisionTarget(parsing: text), from: rows)
        }
        answer.steps = steps.map { [$0.direction == .upgrade ? "up" : "down", $0.revision.rawValue] }
        answer.headsAfter = (steps.last?.rowsAfter ?? rowsAfter).map(\.rawValue)
    }

    private func list(_ graph: RevisionGraph) throws -> [RevisionID] {
        switch command {
        case "resolve":
            return try target?.targets.flatMap { try graph.placesFromHeads($0).map { $0 ?? "base" } } ?? []
        case "resolve_one":
            return try target?.targets.first.map { try graph.resolveOne($0).map { [$0] } ?? [] } ?? []
        case "current":
            if checkHeads ?? false { try graph.checkAtHead(rows: rows) }
            return try graph.current(rows: rows)
        case "heads": return resolveDependencies ?? false ? graph.effectiveHeads : graph.heads
        case "bases": return graph.bases
        case "history":
            let text = target?.values.first ?? ""
            return try graph.history(text.isEmpty ? nil : RevisionRange(parsing: text), rows: rows)
        case "iterate": return try iterate(graph)
        default:
            throw RevisionError(.illegalTarget, "cannot answer: the command \"\(command)\" is not known")
        }
    }

    private func iterate(_ graph: RevisionGraph) throws -> [RevisionID] {
        func end(_ value: OneOrMany?) -> IterationEnd {
            guard let value, let first = value.values.first else { return .base }
            return value.isList ? .names(value.values) : .name(first)
        }
        var options = IterationOptions()
        options.isInclusive = inclusive ?? false
        options.hasImplicitBase = implicitBase ?? false
        options.staysAtEnd = !(assertRelativeLength ?? true)
        if selectForDowngrade ?? false {
            return try graph.iterateDowngrade(from: end(upper), downTo: lower?.values.first, options)
        }
        return try graph.iterate(from: end(upper), downTo: end(lower), options)
    }

    private func makeRevision(_ graph: RevisionGraph, _ answer: inout ResolveAnswer) throws {
        let parents = command == "merge" ? revisionsArg?.values : head?.values
        let node = try graph.place(
            for: RevisionRequest(
                id: RevisionID(revId ?? "ffffffffff00"), parents: parents ?? ["head"], splice: splice ?? false,
                branchLabels: branchLabel?.values ?? [], dependsOn: dependsOn?.values ?? []))
        // As everywhere in these answers, a set is sorted; the file itself keeps the order in which parents were named.
        answer.down = node.downRevisions.map(\.rawValue).sorted()
        answer.dependsOn = node.dependsOn
        answer.labels = .ofRevision(node.branchLabels)
    }
}

/// A branch point and its children: `["id", ["child", …]]`.
private struct BranchAnswer: Encodable {
    var revision: String
    var children: [String]

    init(_ branch: (revision: RevisionID, children: [RevisionID])) {
        revision = branch.revision.rawValue
        children = branch.children.map(\.rawValue)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(revision)
        try container.encode(children)
    }
}

/// The answers to all commands; what a command has nothing to say about stays nil.
private struct ResolveAnswer: Encodable {
    enum Labels: Encodable {
        case byRevision([String: [String]])
        case ofRevision([String])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .byRevision(let labels): try container.encode(labels)
            case .ofRevision(let labels): try container.encode(labels)
            }
        }
    }

    var id: String?
    var steps: [[String]]?
    var headsAfter: [String]?
    var ids: [String]?
    var branches: [BranchAnswer]?
    var labels: Labels?
    var heads: [String]?
    var bases: [String]?
    var down: [String]?
    var dependsOn: [String]?
    var error: String?
    var message: String?

    mutating func refuse(_ error: RevisionError) {
        self.error = error.code.rawValue
        message = error.message
    }
}

extension RevisionError.Code {
    /// Of several faults of a graph, the one that is named first: each presupposes that those before it are absent.
    fileprivate var debugPhase: Int {
        switch self {
        case .selfLoop, .dependencySelfLoop, .illegalID: 0
        case .duplicateRevision, .duplicateLabel: 1
        case .missingRevision: 2
        case .cycle: 3
        default: 4
        }
    }
}

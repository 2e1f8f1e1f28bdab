internal import SQLText

/// Makes an index from nodes, or says everything that is wrong with them at once.
struct GraphBuilder {
    /// Says where in which file a key of a node's header stands.
    typealias Locator = (_ node: Int, _ key: RevisionHeader.Key) -> (path: String?, position: SourcePosition?)

    private let nodes: [RevisionNode]
    private let locate: Locator
    private var numbers: [String: Int] = [:]
    private var keys: [String] = []
    private(set) var problems: [RevisionError] = []

    init(nodes: [RevisionNode], locate: @escaping Locator = { _, _ in (nil, nil) }) {
        self.nodes = nodes
        self.locate = locate
    }

    /// The index; nil when there are problems.
    mutating func build() -> GraphIndex? {
        numbers.reserveCapacity(nodes.count)
        keys.reserveCapacity(nodes.count)
        for node in nodes.indices { checkNode(node) }
        addLabels()
        var edges = resolveEdges()
        guard let order = findOrder(&edges), problems.isEmpty else { return nil }
        return GraphIndex(nodes: nodes, numbers: numbers, keys: keys, edges: edges, order: order)
    }

    private mutating func report(
        _ code: RevisionError.Code, _ node: Int, _ key: RevisionHeader.Key, _ reason: String, hint: String? = nil,
        candidates: [RevisionID] = []
    ) {
        let place = locate(node, key)
        problems.append(
            RevisionError(
                code, "cannot load revision \"\(nodes[node].id)\": \(reason)", path: place.path,
                position: place.position, hint: hint, candidates: candidates))
    }

    private mutating func checkNode(_ node: Int) {
        let content = nodes[node]
        if content.downRevisions.contains(content.id) {
            report(.selfLoop, node, .downRevision, "it names itself as its parent")
        }
        if content.dependsOn.contains(content.id.rawValue) {
            report(.dependencySelfLoop, node, .dependsOn, "it depends on itself")
        }
        if let reserved = content.id.rawValue.first(where: RevisionID.reservedCharacters.contains) {
            report(
                .illegalID, node, .revision,
                "its id contains \"\(reserved)\", which has a meaning of its own in targets",
                hint: "choose an id of letters, digits and _")
        }
        if let other = numbers[content.id.rawValue] {
            let place = locate(other, .revision)
            let file = place.path.map { "\"\($0)\"" } ?? "another revision"
            report(
                .duplicateRevision, node, .revision, "\(file) has the same id", hint: "give one of them another id",
                candidates: [content.id])
        } else {
            numbers[content.id.rawValue] = node
            keys.append(content.id.rawValue)
        }
    }

    private mutating func addLabels() {
        for (node, content) in nodes.enumerated() {
            for label in content.branchLabels {
                if let other = numbers[label] {
                    let what =
                        nodes[other].id.rawValue == label
                        ? "the label \"\(label)\" is the id of a revision"
                        : "the label \"\(label)\" is used by revision \"\(nodes[other].id)\" already"
                    report(
                        .duplicateLabel, node, .branchLabels, what, hint: "choose another label",
                        candidates: [nodes[other].id])
                } else {
                    numbers[label] = node
                    keys.append(label)
                }
            }
        }
    }

    private mutating func resolveEdges() -> GraphEdges {
        var edges = GraphEdges(down: [], dependencies: [])
        edges.down.reserveCapacity(nodes.count)
        edges.dependencies.reserveCapacity(nodes.count)
        for (node, content) in nodes.enumerated() {
            var dependencies: [Int] = []
            for name in content.dependsOn where name != content.id.rawValue {
                if let target = numbers[name] {
                    if target == node {
                        report(.dependencySelfLoop, node, .dependsOn, "it depends on its own label \"\(name)\"")
                    } else if !dependencies.contains(target) {
                        dependencies.append(target)
                    }
                } else {
                    report(
                        .missingRevision, node, .dependsOn, "it depends on \"\(name)\", which no file has",
                        hint: "add the file, or correct depends_on", candidates: near(name))
                }
            }
            edges.dependencies.append(dependencies)
        }
        for (node, content) in nodes.enumerated() {
            var parents: [Int] = []
            for parent in content.downRevisions where parent != content.id {
                if let target = numbers[parent.rawValue], nodes[target].id == parent {
                    if !parents.contains(target) { parents.append(target) }
                } else {
                    report(
                        .missingRevision, node, .downRevision, "its parent \"\(parent)\" is not in any file",
                        hint: "add the file, or correct down_revision", candidates: near(parent.rawValue))
                }
            }
            edges.down.append(parents)
        }
        return edges
    }

    /// Ids that look like the missing name.
    private func near(_ name: String) -> [RevisionID] {
        guard name.utf8.count > 3 else { return [] }
        return nodes.lazy.map(\.id).filter { $0.rawValue.hasPrefix(name) || name.hasPrefix($0.rawValue) }.prefix(3)
            .map { $0 }
    }

    /// Parents and dependencies first; nil, with the problem reported, when there is a cycle.
    private mutating func findOrder(_ edges: inout GraphEdges) -> [Int]? {
        let all = edges.allDown
        if let order = Self.parentsFirst(all) { return order }
        let hasParentCycle = Self.parentsFirst(edges.down) == nil
        for cycle in Self.cycles(in: hasParentCycle ? edges.down : all) {
            let names = (cycle + cycle.prefix(1)).map { nodes[$0].id.rawValue }.joined(separator: " -> ")
            report(
                hasParentCycle ? .cycle : .dependencyCycle, cycle[0], hasParentCycle ? .downRevision : .dependsOn,
                hasParentCycle
                    ? "its parents lead back to itself: \(names)"
                    : "its parents and dependencies lead back to itself: \(names)",
                hint: "take one of these links out", candidates: cycle.map { nodes[$0].id })
        }
        return nil
    }

    /// All nodes with each after its neighbours, in file order where there is a choice; nil when there is a cycle.
    private static func parentsFirst(_ down: [[Int]]) -> [Int]? {
        let packed = Adjacency(down)
        let next = packed.reversed()
        var missing = down.map(\.count)
        var order = down.indices.filter { missing[$0] == 0 }
        order.reserveCapacity(down.count)
        var done = 0
        while done < order.count {
            for child in next[order[done]] {
                missing[child] -= 1
                if missing[child] == 0 { order.append(child) }
            }
            done += 1
        }
        return order.count == down.count ? order : nil
    }

    /// Cycles that have no node in common, each beginning with its first node in file order.
    private static func cycles(in down: [[Int]]) -> [[Int]] {
        // What is left after taking away, again and again, the nodes without parents: cycles and their descendants.
        let next = Adjacency(down).reversed()
        var missing = down.map(\.count)
        var free = down.indices.filter { missing[$0] == 0 }
        while let node = free.popLast() {
            for child in next[node] {
                missing[child] -= 1
                if missing[child] == 0 { free.append(child) }
            }
        }
        var walkOfNode = [Int](repeating: -1, count: down.count)
        var cycles: [[Int]] = []
        for start in down.indices where missing[start] > 0 && walkOfNode[start] < 0 {
            var path: [Int] = []
            var here = start
            while walkOfNode[here] < 0, let parent = down[here].first(where: { missing[$0] > 0 }) {
                walkOfNode[here] = start
                path.append(here)
                here = parent
            }
            // A walk that ran into an earlier one found no cycle of its own.
            guard walkOfNode[here] == start, let begin = path.firstIndex(of: here) else { continue }
            let cycle = Array(path[begin...])
            let first = cycle.indices.min { cycle[$0] < cycle[$1] } ?? 0
            cycles.append(Array(cycle[first...] + cycle[..<first]))
        }
        return cycles
    }
}

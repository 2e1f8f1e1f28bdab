/// What is done to objects, stage by stage, and what has to come before what.
struct ActionGraph {
    enum Deed: Int { case drop, make }

    struct Action {
        var deed: Deed
        var id: ObjectID
        var stage: DDLStage
        /// Whether what follows needs this committed.
        var isCommittedFirst = false
        var followers: Set<Int> = []
        var predecessors = 0

        /// Drops come first and go backwards through the kinds.
        var priority: (Int, Int, String) {
            (deed.rawValue, deed == .drop ? -id.kind.rank : id.kind.rank, id.name)
        }
    }

    private(set) var actions: [Action] = []

    mutating func add(_ action: Action) -> Int {
        actions.append(action)
        return actions.count - 1
    }

    mutating func order(_ first: Int, before second: Int) {
        guard first != second, actions[first].followers.insert(second).inserted else { return }
        actions[second].predecessors += 1
    }

    /// What follows an action needs it committed.
    mutating func demandCommit(after action: Int?) {
        if let action { actions[action].isCommittedFirst = true }
    }

    /// In topological order, the first by priority among those that may come, as many as can be of one mode together. A
    /// circle is cut at its first by priority. It begins with whatever makes the fewest portions.
    func portions() -> [(mode: DDLStage.Mode, actions: [Action])] {
        let beginnings: [DDLStage.Mode] =
            actions.contains { $0.stage.mode == .standalone } ? [.transaction, .standalone] : [.transaction]
        let ways = beginnings.map { first in
            var sorting = Sorting(actions)
            return sorting.run(beginningWith: first)
        }
        return ways.min { $0.count < $1.count } ?? []
    }
}

/// One walk through the actions.
private struct Sorting {
    private let ranking: [ActionGraph.Action]
    private let followers: [[Int]]
    private var predecessors: [Int]
    private var isDone: [Bool]
    private var ready: [DDLStage.Mode: PlaceHeap] = [:]
    /// What may come in the next portion.
    private var held: [Int] = []

    init(_ actions: [ActionGraph.Action]) {
        let order = actions.indices.sorted { actions[$0].priority < actions[$1].priority }
        var place = [Int](repeating: 0, count: actions.count)
        for (position, index) in order.enumerated() { place[index] = position }
        ranking = order.map { actions[$0] }
        followers = ranking.map { $0.followers.map { place[$0] } }
        predecessors = ranking.map(\.predecessors)
        isDone = ranking.map { _ in false }
        held = ranking.indices.filter { predecessors[$0] == 0 }
    }

    mutating func run(beginningWith first: DDLStage.Mode) -> [(mode: DDLStage.Mode, actions: [ActionGraph.Action])] {
        var portions: [(mode: DDLStage.Mode, actions: [ActionGraph.Action])] = []
        var firstLeft = 0
        while true {
            for position in held { ready[ranking[position].stage.mode, default: PlaceHeap()].insert(position) }
            held = []
            // A transaction waits for all that can be done before it: the fewer portions, the fewer revisions.
            let modes: [DDLStage.Mode] =
                portions.isEmpty
                ? [first, .transaction, .standalone, .validation] : [.standalone, .validation, .transaction]
            if let mode = modes.first(where: { ready[$0]?.first != nil }) {
                let actions = portion(mode)
                if !actions.isEmpty { portions.append((mode, actions)) }
                continue
            }
            while firstLeft < ranking.count, isDone[firstLeft] { firstLeft += 1 }
            guard firstLeft < ranking.count else { return portions }
            held = [firstLeft]
        }
    }

    private mutating func portion(_ mode: DDLStage.Mode) -> [ActionGraph.Action] {
        var actions: [ActionGraph.Action] = []
        var waiting: Set<Int> = []
        while let position = ready[mode, default: PlaceHeap()].popFirst() {
            guard !isDone[position] else { continue }
            isDone[position] = true
            let action = ranking[position]
            actions.append(action)
            for follower in followers[position] {
                predecessors[follower] -= 1
                if action.isCommittedFirst { waiting.insert(follower) }
                if predecessors[follower] > 0 || isDone[follower] { continue }
                if waiting.contains(follower) {
                    held.append(follower)
                } else {
                    ready[ranking[follower].stage.mode, default: PlaceHeap()].insert(follower)
                }
            }
        }
        return actions
    }
}

/// The smallest first.
struct PlaceHeap {
    private var items: [Int] = []

    var first: Int? { items.first }

    mutating func insert(_ item: Int) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> Int? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < items.count }
            guard let least = children.min(by: { items[$0] < items[$1] }), items[least] < items[parent] else { break }
            items.swapAt(least, parent)
            parent = least
        }
        return first
    }
}

/// Puts a difference into statements, in an order in which each finds what it needs.
public struct DDLWriter {
    private enum Deed: Int { case drop, make }

    private struct Action {
        var deed: Deed
        var id: ObjectID
        var statements: [String]
        var followers: Set<Int> = []
        var predecessors = 0

        /// Drops come first and go backwards through the kinds.
        var priority: (Int, Int, String) {
            (deed.rawValue, deed == .drop ? -id.kind.rank : id.kind.rank, id.name)
        }
    }

    private let difference: SchemaDifference
    private var actions: [Action] = []
    private var drops: [ObjectID: Int] = [:]
    private var makings: [ObjectID: Int] = [:]

    /// A writer of one difference.
    public init(_ difference: SchemaDifference) {
        self.difference = difference
    }

    /// The statements, without semicolons.
    public static func statements(of difference: SchemaDifference) -> [String] {
        var writer = DDLWriter(difference)
        return writer.write()
    }

    private mutating func write() -> [String] {
        collect()
        connect()
        let ordered = sorted()
        let makesRoutine = ordered.contains { $0.deed == .make && $0.id.kind == .routine }
        // A function's body may speak of what comes later.
        let prelude = makesRoutine ? ["SET check_function_bodies = false"] : []
        let statements = ordered.flatMap(\.statements)
        return statements.isEmpty ? [] : prelude + statements
    }

    // MARK: What is done

    private mutating func collect() {
        for (id, fate) in difference.fates.sorted(by: { $0.key < $1.key }) {
            switch fate {
            case .drop: addDrop(id)
            case .create: addMaking(id)
            case .alter: add(.make, id, difference.alterations[id, default: []])
            case .remake where difference.replacedTypes[id] != nil: addReplacement(id)
            case .remake:
                addDrop(id)
                addMaking(id)
            }
        }
    }

    private mutating func add(_ deed: Deed, _ id: ObjectID, _ statements: [String]) {
        let index = actions.count
        actions.append(Action(deed: deed, id: id, statements: statements))
        if deed == .drop { drops[id] = index } else { makings[id] = index }
    }

    private mutating func addDrop(_ id: ObjectID) {
        guard let object = difference.old.objects[id], dropper(of: id) == nil else { return }
        add(.drop, id, object.removal)
    }

    private mutating func addMaking(_ id: ObjectID) {
        guard let object = difference.new.objects[id], maker(of: id) == nil else { return }
        let isNewlyHeld =
            object.container.flatMap { difference.fates[$0] }.map { $0 == .create || $0 == .remake } ?? false
        add(.make, id, object.comesByItself && !isNewlyHeld ? [] : object.creation)
    }

    /// The old type steps aside, the new one takes its name, the columns move over, the old one goes.
    private mutating func addReplacement(_ id: ObjectID) {
        guard let new = difference.new.objects[id], let old = difference.old.objects[id] else { return }
        let name = Self.lastName(of: id.name)
        let aside = Self.suffixed(name, "__old")
        let qualified = String(id.name.dropLast(name.count)) + aside
        let word = id.kind == .domain ? "DOMAIN" : "TYPE"
        let columns = difference.replacedTypes[id, default: []].sorted { $0.id < $1.id }
        let removal = old.removal.map { $0.replacing(id.name, with: qualified) }
        add(
            .make, id,
            ["ALTER \(word) \(id.name) RENAME TO \(aside)"] + new.creation + columns.map(\.retypingThroughText)
                + removal)
    }

    private static func lastName(of name: String) -> String {
        guard name.hasSuffix("\"") else { return String(name.split(separator: ".").last ?? "") }
        let body = name.dropLast()
        guard let start = body.lastIndex(of: "\"") else { return name }
        return String(name[start...])
    }

    private static func suffixed(_ name: String, _ suffix: String) -> String {
        name.hasSuffix("\"") ? name.dropLast() + suffix + "\"" : name + suffix
    }

    /// The object whose drop takes this one along, if it is another.
    private func dropper(of id: ObjectID) -> ObjectID? {
        guard let object = difference.old.objects[id], let container = object.container ?? owner(of: id)
        else { return nil }
        let isGone =
            [.drop, .remake].contains(difference.fates[container])
            && difference.replacedTypes[container] == nil
        guard isGone, !refersElsewhere(object) else { return nil }
        return dropper(of: container) ?? container
    }

    /// The column with which a sequence goes.
    private func owner(of id: ObjectID) -> ObjectID? {
        guard id.kind == .sequence else { return nil }
        return (difference.old.objects[ObjectID(.sequenceOwnership, id.name)] as? SequenceOwnership).map {
            ObjectID(.column, $0.column)
        }
    }

    /// A foreign key is dropped by itself where the other table goes too: the two may point at each other.
    private func refersElsewhere(_ object: any SchemaObject) -> Bool {
        guard let key = object as? Constraint, key.type == "f" else { return false }
        return difference.old.needs[key.id, default: []].contains {
            let table = $0.kind == .column ? difference.old.objects[$0]?.container : $0
            guard let table, table.kind == .table, table != key.container else { return false }
            return difference.fates[table] == .drop || difference.fates[table] == .remake
        }
    }

    /// The object whose making makes this one too, if it is another.
    private func maker(of id: ObjectID) -> ObjectID? {
        guard let object = difference.new.objects[id], object.isMadeWithContainer, let container = object.container,
            [.create, .remake].contains(difference.fates[container])
        else { return nil }
        return maker(of: container) ?? container
    }

    // MARK: What comes before what

    private mutating func connect() {
        for (id, others) in difference.old.needs {
            for other in others { connectOld(id, needing: other) }
        }
        for (id, others) in difference.new.needs {
            for other in others { connectNew(id, needing: other) }
        }
        for (id, others) in difference.new.waits {
            for other in others { connectNew(id, needing: other) }
        }
        for (id, making) in makings {
            if let drop = drops[id] { order(drop, before: making) }
        }
        connectClaims()
    }

    private func dropAction(_ id: ObjectID) -> Int? { drops[dropper(of: id) ?? id] }
    private func makeAction(_ id: ObjectID) -> Int? { makings[maker(of: id) ?? id] }

    private mutating func connectOld(_ id: ObjectID, needing other: ObjectID) {
        if let drop = dropAction(id) {
            if let otherDrop = dropAction(other) { order(drop, before: otherDrop) }
            if difference.fates[other] == .alter || difference.replacedTypes[other] != nil,
                let alteration = makings[other]
            {
                order(drop, before: alteration)
            }
            if let type = replacedType(under: other), let replacement = makings[type] {
                order(drop, before: replacement)
            }
        } else if difference.fates[id] == .alter, let alteration = makings[id], let otherDrop = dropAction(other) {
            order(alteration, before: otherDrop)
        }
    }

    private mutating func connectNew(_ id: ObjectID, needing other: ObjectID) {
        guard let making = makeAction(id) else { return }
        if let otherMaking = makeAction(other) { order(otherMaking, before: making) }
        if let type = replacedType(under: other), let replacement = makings[type] { order(replacement, before: making) }
    }

    /// The type that is replaced under a column that stays.
    private func replacedType(under id: ObjectID) -> ObjectID? {
        guard id.kind == .column, !difference.replacedTypes.isEmpty else { return nil }
        return difference.new.needs[id, default: []].first { difference.replacedTypes[$0] != nil }
    }

    /// A name is free once its old bearer has gone.
    private mutating func connectClaims() {
        var bearers: [String: Int] = [:]
        for (id, object) in difference.old.objects where difference.fates[id] != nil {
            guard let index = dropAction(id) ?? makings[id] else { continue }
            for claim in object.claims { bearers[claim] = index }
        }
        for (id, object) in difference.new.objects where difference.fates[id] != nil {
            guard let index = makeAction(id) else { continue }
            for claim in object.claims {
                if let bearer = bearers[claim] { order(bearer, before: index) }
            }
        }
    }

    private mutating func order(_ first: Int, before second: Int) {
        guard first != second, actions[first].followers.insert(second).inserted else { return }
        actions[second].predecessors += 1
    }

    /// In topological order, the first by priority among those that may come; a circle is cut at its first by priority.
    private mutating func sorted() -> [Action] {
        let ranking = actions.indices.sorted { actions[$0].priority < actions[$1].priority }
        var place = [Int](repeating: 0, count: actions.count)
        for (position, index) in ranking.enumerated() { place[index] = position }
        var ready = PlaceHeap(ranking.indices.filter { actions[ranking[$0]].predecessors == 0 })
        var waiting = ranking.indices.makeIterator()
        var isDone = [Bool](repeating: false, count: actions.count)
        var result: [Action] = []
        while result.count < actions.count {
            guard let position = ready.popFirst() ?? waiting.next() else { break }
            guard !isDone[position] else { continue }
            isDone[position] = true
            let action = actions[ranking[position]]
            result.append(action)
            for follower in action.followers {
                actions[follower].predecessors -= 1
                if actions[follower].predecessors == 0 { ready.insert(place[follower]) }
            }
        }
        return result
    }
}

/// The smallest first.
struct PlaceHeap {
    private var items: [Int] = []

    init(_ items: [Int]) {
        // Ascending numbers are a heap already.
        self.items = items.sorted()
    }

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

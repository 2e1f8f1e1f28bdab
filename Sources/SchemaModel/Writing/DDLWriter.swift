/// Puts a difference into statements, in an order in which each finds what it needs.
public struct DDLWriter {
    /// For whom it is written.
    public enum Style: Sendable {
        /// The short forms, for databases that nobody is using.
        case plain
        /// What a busy server hardly feels, in portions that are committed one after the other.
        case careful
    }

    /// What is done to one object: its stages, of which others may follow the first, or need the last.
    struct Span {
        var first: Int
        var ready: Int
        var last: Int
    }

    let difference: SchemaDifference
    private let style: Style
    var graph = ActionGraph()
    private(set) var drops: [ObjectID: Span] = [:]
    private(set) var makings: [ObjectID: Span] = [:]

    /// Indexes that have partitions' keys as parts.
    private let wholesOfKeys: Set<ObjectID>
    /// What partitions have of an index or key of the whole, in the new schema, and the other way round.
    private var parts: [ObjectID: [ObjectID]] = [:]
    private var wholes: [ObjectID: ObjectID] = [:]
    /// New keys, by what their indexes would be called if they were no keys'.
    private var adopters: [ObjectID: Constraint] = [:]

    private init(_ difference: SchemaDifference, _ style: Style) {
        self.difference = difference
        self.style = style
        wholesOfKeys = Set(
            difference.old.objects.values.compactMap { $0 as? IndexAttachment }.filter { $0.part.kind == .constraint }
                .flatMap { difference.old.needs[$0.id, default: []] }.filter { $0.kind == .index })
        for (id, fate) in difference.fates where fate == .create && id.kind == .constraint {
            guard let key = difference.new.objects[id] as? Constraint, let index = key.index else { continue }
            if key.type == "p" || key.type == "u" { adopters[ObjectID(.index, index)] = key }
        }
        for case let attachment as IndexAttachment in difference.new.objects.values {
            for whole in difference.new.needs[attachment.id, default: []] where whole != attachment.part {
                parts[whole, default: []].append(attachment.part)
                wholes[attachment.part] = whole
            }
        }
    }

    /// The statements in the short forms, without semicolons.
    public static func statements(of difference: SchemaDifference) -> [String] {
        portions(of: difference, style: .plain).flatMap(\.statements).map(\.sql)
    }

    /// The statements, in portions.
    public static func portions(of difference: SchemaDifference, style: Style) -> [DDLPortion] {
        var writer = DDLWriter(difference, style)
        writer.collect()
        writer.connect()
        return writer.graph.portions().compactMap { mode, actions in writer.portion(mode, actions) }
    }

    private func portion(_ mode: DDLStage.Mode, _ actions: [ActionGraph.Action]) -> DDLPortion? {
        var statements = actions.flatMap { action in
            action.stage.statements.enumerated().map {
                DDLPortion.Statement(sql: $1, remark: $0 == 0 ? action.stage.remark : nil)
            }
        }
        guard !statements.isEmpty else { return nil }
        if actions.contains(where: { $0.deed == .make && $0.id.kind == .routine }) {
            // A function's body may speak of what comes later.
            let scope = style == .careful ? "LOCAL " : ""
            statements.insert(.init(sql: "SET \(scope)check_function_bodies = false"), at: 0)
        }
        return DDLPortion(mode: mode, statements: statements)
    }

    // MARK: What is done

    private mutating func collect() {
        for (id, fate) in difference.fates.sorted(by: { $0.key < $1.key }) {
            switch fate {
            case .drop where isAdopted(id): add(.drop, id, [DDLStage([])])
            case .drop: addDrop(id)
            case .create: addMaking(id)
            case .alter: addAlteration(id)
            case .remake where difference.replacedTypes[id] != nil: addReplacement(id)
            case .remake where replacesIndex(id): addIndexReplacement(id)
            case .remake where replacesKey(id): addKeyReplacement(id)
            case .remake:
                addDrop(id)
                addMaking(id)
            }
        }
    }

    private mutating func add(_ deed: ActionGraph.Deed, _ id: ObjectID, _ stages: [DDLStage]) {
        var numbers: [Int] = []
        for stage in style == .plain ? [DDLStage(stages.flatMap(\.statements))] : stages {
            let number = graph.add(ActionGraph.Action(deed: deed, id: id, stage: stage))
            if let previous = numbers.last { graph.order(previous, before: number) }
            numbers.append(number)
        }
        guard let first = numbers.first, let last = numbers.last else { return }
        // An index is there when it is built; a check that is not yet validated and a column are there at once.
        let isThereAtOnce = stages.first?.mode == .transaction
        let span = Span(first: first, ready: isThereAtOnce ? first : last, last: last)
        if deed == .drop { drops[id] = span } else { makings[id] = span }
    }

    private mutating func addDrop(_ id: ObjectID) {
        guard let object = difference.old.objects[id], dropper(of: id) == nil else { return }
        if object.isInherited && !isLetGo(object) || difference.followsType(id) {
            return add(.drop, id, [DDLStage([])])
        }
        let surroundings = surroundings(of: object)
        // Once it has been let go it goes at once: the table may be attached again.
        let isShort = style == .plain || object.isInherited
        var stages = isShort ? [DDLStage(object.removal)] : object.removalStages(in: surroundings)
        // A partition's key goes with an index of the whole only where that is said.
        if wholesOfKeys.contains(id) { stages = [DDLStage(object.removal.map { $0 + " CASCADE" })] }
        if let loss = object.loss, !stages.isEmpty { stages[0].remark = loss }
        add(.drop, id, stages)
    }

    private mutating func addMaking(_ id: ObjectID) {
        guard let object = difference.new.objects[id], maker(of: id) == nil else { return }
        let isNewlyHeld =
            object.container.flatMap { difference.fates[$0] }.map { $0 == .create || $0 == .remake } ?? false
        let isNewlyAttached = object.container.map(difference.isAttached) ?? false
        let validation = validation(of: object)
        if object.comesByItself && !isNewlyAttached && (!isNewlyHeld || !validation.isEmpty) {
            return add(.make, id, validation.isEmpty ? [DDLStage([])] : validation)
        }
        let isThere = (object as? IndexAttachment).map { comesWithWhole($0.part) } ?? false
        if isThere { return add(.make, id, [DDLStage([])]) }
        if let key = object as? Constraint, let index = key.index, isAdopted(ObjectID(.index, index)) {
            return add(.make, id, [DDLStage([key.adoption(of: Name.last(of: index))])])
        }
        let written = asWritten(object)
        var stages =
            style == .plain ? [DDLStage(written.creation)] : written.creationStages(in: surroundings(of: object))
        if let ownership = object as? SequenceOwnership {
            stages[0].statements = handingOver(ownership) + stages[0].statements + catchingUp(ownership)
        }
        add(.make, id, stages)
    }

    /// What validates a check that comes from a parent's which is not validated.
    private func validation(of object: any SchemaObject) -> [DDLStage] {
        func isOpen(_ check: Constraint?) -> Bool { check?.definition.hasSuffix(" NOT VALID") ?? false }
        let parents = difference.new.needs[object.id, default: []].map { difference.new.objects[$0] as? Constraint }
        guard let check = object as? Constraint, !isOpen(check), parents.contains(where: isOpen) else { return [] }
        return [DDLStage([check.validation], mode: .validation)]
    }

    /// As it is said here: a key of the whole without its parts where those are made one by one, and a column of a typed table
    /// without what its type has said.
    private func asWritten(_ object: any SchemaObject) -> any SchemaObject {
        switch object {
        case var key as Constraint where !key.isOfParts:
            key.isOfParts = parts[key.id] != nil && !makesParts(key.id)
            return key
        case var column as Column where difference.followsType(column.id):
            column.isLocal = false
            return column
        default: return object
        }
    }

    /// Whether the making of a key of the whole makes those of its partitions: a busy one's would be built under its lock.
    private func makesParts(_ whole: ObjectID) -> Bool {
        guard let key = difference.new.objects[whole] as? Constraint, !key.isOfParts, isMade(whole) else {
            return false
        }
        return style == .plain
            || parts[whole, default: []].allSatisfy { difference.new.objects[$0]?.container.map(isMade) ?? false }
    }

    func isMade(_ id: ObjectID) -> Bool { [.create, .remake].contains(difference.fates[id]) }

    /// Whether a partition's key comes with that of the whole, or with the partition.
    private func comesWithWhole(_ id: ObjectID) -> Bool { bringer(of: id) != nil }

    /// What a partition's key comes with, where it is what that makes.
    func bringer(of id: ObjectID) -> ObjectID? {
        guard let key = difference.new.objects[id] as? Constraint, key.isMadeByWhole, isMade(id) else { return nil }
        if let whole = wholes[id], makesParts(whole) { return whole }
        let isNew = difference.isAttached(key.ownerID) && isMade(key.ownerID) && wholes[id].map { !isMade($0) } ?? false
        return isNew ? ObjectID(.inheritance, key.owner) : nil
    }

    private mutating func addAlteration(_ id: ObjectID) {
        let statements = difference.alterations[id, default: []]
        guard style == .careful, let old = difference.old.objects[id], let new = difference.new.objects[id] else {
            return add(.make, id, [DDLStage(statements)])
        }
        add(.make, id, old.changeStages(toAny: new, statements, in: surroundings(of: new)))
        if id.kind == .enumeration { graph.demandCommit(after: makings[id]?.last) }
    }

    /// Whether an index can be built beside the one that it replaces: what that one stands on stays as it is.
    private func replacesIndex(_ id: ObjectID) -> Bool {
        guard style == .careful, let index = difference.new.objects[id] as? Index, difference.whole(of: id) == nil,
            surroundings(of: index).isBusy
        else { return false }
        let grounds = difference.old.needs[id, default: []].union(difference.new.needs[id, default: []])
        return grounds.allSatisfy { difference.fates[$0] == nil }
    }

    private mutating func addIndexReplacement(_ id: ObjectID) {
        guard let index = difference.new.objects[id] as? Index else { return }
        add(.make, id, [DDLStage(index.replacement, mode: .standalone)])
    }

    /// Whether a key can be swapped for another whose index has been built beside it; foreign keys go just before.
    private func replacesKey(_ id: ObjectID) -> Bool {
        guard style == .careful, let old = difference.old.objects[id] as? Constraint, ["p", "u"].contains(old.type),
            let new = difference.new.objects[id] as? Constraint, ["p", "u"].contains(new.type), !old.isInherited,
            !new.isInherited, surroundings(of: new).isBusy
        else { return false }
        let grounds = difference.old.needs[id, default: []].union(difference.new.needs[id, default: []])
        return grounds.allSatisfy { difference.fates[$0] == nil }
    }

    /// Until the new one takes its place, the old one holds.
    private mutating func addKeyReplacement(_ id: ObjectID) {
        guard let old = difference.old.objects[id], let new = difference.new.objects[id] else { return }
        var stages = new.creationStages(in: surroundings(of: new))
        stages[stages.count - 1].statements.insert(contentsOf: old.removal, at: 0)
        add(.make, id, stages)
    }

    /// Whether an index stays as that of a key.
    private func isAdopted(_ id: ObjectID) -> Bool {
        guard let index = difference.old.objects[id] as? Index, index.whole == nil, let key = adopters[id] else {
            return false
        }
        return key.indexDefinition == index.definition && difference.fates[index.relationID] == nil
    }

    /// The table that the object is a part of, where it stays and others use it.
    private func surroundings(of object: any SchemaObject) -> Surroundings {
        var surroundings = Surroundings()
        surroundings.isReplacement = difference.fates[object.id] == .remake
        guard let container = object.container, ![.create, .drop, .remake].contains(difference.fates[container])
        else { return surroundings }
        surroundings.table = difference.new.objects[container] as? Table
        surroundings.isOfDomainInUse = container.kind == .domain
        return surroundings
    }

    /// The old type steps aside, the new one takes its name, the columns move over, the old one goes.
    private mutating func addReplacement(_ id: ObjectID) {
        guard let new = difference.new.objects[id], let old = difference.old.objects[id] else { return }
        let name = Name.last(of: id.name)
        let aside = Name.suffixed(name, "__old")
        let qualified = String(id.name.dropLast(name.count)) + aside
        let word = id.kind == .domain ? "DOMAIN" : "TYPE"
        let columns = difference.replacedTypes[id, default: []].sorted { $0.id < $1.id }
        let removal = old.removal.map { $0.replacing(id.name, with: qualified) }
        let statements =
            ["ALTER \(word) \(id.name) RENAME TO \(aside)"] + new.creation
            + old.alignment(toAny: new).map { "ALTER \(word) \(qualified) \($0)" } + columns.map(\.retypingThroughText)
            + removal
        let places = columns.map(\.id.name).joined(separator: ", ")
        let remarks = ["rewrites under locks that stop readers what holds \(places)"] + old.troubles(toAny: new)
        add(.make, id, [DDLStage(statements, remark: columns.isEmpty ? nil : remarks.joined(separator: "; "))])
    }

    /// Whether what a table inherited is its own once it has been let go.
    private func isLetGo(_ object: any SchemaObject) -> Bool { object.container.map(difference.isDetached) ?? false }

    /// The object whose drop takes this one along, if it is another.
    func dropper(of id: ObjectID) -> ObjectID? {
        guard let object = difference.old.objects[id], let container = object.container ?? owner(of: id)
        else { return nil }
        let isGone =
            [.drop, .remake].contains(difference.fates[container])
            && difference.replacedTypes[container] == nil
        if isGone, !refersElsewhere(object) { return dropper(of: container) ?? container }
        guard let whole = difference.whole(of: id), difference.isGone(whole) else { return nil }
        return dropper(of: whole) ?? whole
    }

    /// The column with which a sequence goes.
    private func owner(of id: ObjectID) -> ObjectID? {
        guard id.kind == .sequence else { return nil }
        return (difference.old.objects[ObjectID(.sequenceOwnership, id.name)] as? SequenceOwnership).map {
            ObjectID(.column, $0.column)
        }
    }

    /// A foreign key is dropped by itself where the other table goes too: the two may point at each other. A partition to
    /// whose whole keys point is detached before.
    private func refersElsewhere(_ object: any SchemaObject) -> Bool {
        if let inheritance = object as? Inheritance {
            let whole = ObjectID(.table, inheritance.parent)
            return difference.fates[whole] != .drop && difference.fates[whole] != .remake && isReferred(whole)
        }
        guard let key = object as? Constraint, key.type == "f" else { return false }
        return difference.old.needs[key.id, default: []].contains {
            let table = $0.kind == .column ? difference.old.objects[$0]?.container : $0
            guard let table, table.kind == .table, table != key.container else { return false }
            return difference.fates[table] == .drop || difference.fates[table] == .remake
        }
    }

    private func isReferred(_ table: ObjectID) -> Bool {
        difference.old.needs.contains { id, others in
            (difference.old.objects[id] as? Constraint)?.type == "f" && difference.old.objects[id]?.container != table
                && others.contains { $0 == table || difference.old.objects[$0]?.container == table }
        }
    }

    /// The object whose making makes this one too, if it is another.
    func maker(of id: ObjectID) -> ObjectID? {
        if let bringer = bringer(of: id) { return bringer }
        guard let object = difference.new.objects[id], object.isMadeWithContainer, let container = object.container,
            [.create, .remake].contains(difference.fates[container])
        else { return nil }
        return maker(of: container) ?? container
    }
}

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
    private struct Span {
        var first: Int
        var ready: Int
        var last: Int
    }

    private let difference: SchemaDifference
    private let style: Style
    private var graph = ActionGraph()
    private var drops: [ObjectID: Span] = [:]
    private var makings: [ObjectID: Span] = [:]

    private init(_ difference: SchemaDifference, _ style: Style) {
        self.difference = difference
        self.style = style
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
            case .drop: addDrop(id)
            case .create: addMaking(id)
            case .alter: addAlteration(id)
            case .remake where difference.replacedTypes[id] != nil: addReplacement(id)
            case .remake where replacesIndex(id): addIndexReplacement(id)
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
        let surroundings = surroundings(of: object)
        var stages = style == .plain ? [DDLStage(object.removal)] : object.removalStages(in: surroundings)
        if let loss = object.loss, !stages.isEmpty { stages[0].remark = loss }
        add(.drop, id, stages)
    }

    private mutating func addMaking(_ id: ObjectID) {
        guard let object = difference.new.objects[id], maker(of: id) == nil else { return }
        let isNewlyHeld =
            object.container.flatMap { difference.fates[$0] }.map { $0 == .create || $0 == .remake } ?? false
        if object.comesByItself && !isNewlyHeld { return add(.make, id, [DDLStage([])]) }
        add(
            .make, id,
            style == .plain ? [DDLStage(object.creation)] : object.creationStages(in: surroundings(of: object)))
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
        guard style == .careful, let index = difference.new.objects[id] as? Index, !index.isInherited,
            surroundings(of: index).isBusy
        else { return false }
        let grounds = difference.old.needs[id, default: []].union(difference.new.needs[id, default: []])
        return grounds.allSatisfy { difference.fates[$0] == nil }
    }

    private mutating func addIndexReplacement(_ id: ObjectID) {
        guard let index = difference.new.objects[id] as? Index else { return }
        add(.make, id, [DDLStage(index.replacement, mode: .standalone)])
    }

    /// The table that the object is a part of, where it stays and others use it.
    private func surroundings(of object: any SchemaObject) -> Surroundings {
        var surroundings = Surroundings()
        surroundings.isReplacement = difference.fates[object.id] == .remake
        guard let container = object.container, container.kind == .table,
            ![.create, .drop, .remake].contains(difference.fates[container])
        else { return surroundings }
        surroundings.table = difference.new.objects[container] as? Table
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
            ["ALTER \(word) \(id.name) RENAME TO \(aside)"] + new.creation + columns.map(\.retypingThroughText)
            + removal
        add(
            .make, id,
            [DDLStage(statements, remark: "rewrites the tables of \(columns.map(\.id.name).joined(separator: ", "))")])
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
            for other in others {
                connectNew(id, needing: other)
                if let drop = dropAction(other), let making = makeAction(id) {
                    graph.order(drop.last, before: making.first)
                }
            }
        }
        for (id, making) in makings {
            if let drop = drops[id] { graph.order(drop.last, before: making.last) }
        }
        connectClaims()
        connectDefaultPrivileges()
    }

    /// They go before anything is made, and come when all is.
    private mutating func connectDefaultPrivileges() {
        let spans = makings.filter { $0.key.kind.isGrantable }.values
        for (id, drop) in drops where id.kind == .defaultPrivileges {
            for span in spans { graph.order(drop.last, before: span.first) }
        }
        for (id, making) in makings where id.kind == .defaultPrivileges {
            for span in spans { graph.order(span.ready, before: making.first) }
        }
    }

    /// What removes an object; nothing does where it stays, though it stood on something that goes.
    private func dropAction(_ id: ObjectID) -> Span? {
        guard difference.fates[id] == .drop || difference.fates[id] == .remake else { return nil }
        return drops[dropper(of: id) ?? id]
    }
    private func makeAction(_ id: ObjectID) -> Span? { makings[maker(of: id) ?? id] }

    private mutating func connectOld(_ id: ObjectID, needing other: ObjectID) {
        if let drop = dropAction(id) {
            if let otherDrop = dropAction(other) { graph.order(drop.last, before: otherDrop.first) }
            if difference.fates[other] == .alter || difference.replacedTypes[other] != nil,
                let alteration = makings[other]
            {
                graph.order(drop.last, before: alteration.first)
            }
            if let type = replacedType(under: other), let replacement = makings[type] {
                graph.order(drop.last, before: replacement.first)
            }
        } else if difference.fates[id] == .alter, let alteration = makings[id], let otherDrop = dropAction(other) {
            graph.order(alteration.last, before: otherDrop.first)
        }
    }

    private mutating func connectNew(_ id: ObjectID, needing other: ObjectID) {
        guard let making = makeAction(id) else { return }
        if let otherMaking = makeAction(other) {
            // A primary key takes its columns' NOT NULL as it finds it.
            let isKey = (difference.new.objects[id] as? Constraint)?.type == "p"
            graph.order(isKey ? otherMaking.last : otherMaking.ready, before: making.first)
        }
        if let type = replacedType(under: other), let replacement = makings[type] {
            graph.order(replacement.last, before: making.first)
        }
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
            guard let span = dropAction(id) ?? makings[id] else { continue }
            for claim in object.claims { bearers[claim] = span.last }
        }
        for (id, object) in difference.new.objects where difference.fates[id] != nil {
            guard let span = makeAction(id) else { continue }
            for claim in object.claims {
                if let bearer = bearers[claim] { graph.order(bearer, before: span.last) }
            }
        }
    }
}

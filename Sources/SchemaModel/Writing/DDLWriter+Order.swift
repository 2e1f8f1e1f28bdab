/// What comes before what.
extension DDLWriter {
    mutating func connect() {
        for (id, others) in difference.old.needs {
            for other in others { connectOld(id, needing: other) }
        }
        for (id, others) in difference.new.needs {
            for other in others { connectNew(id, needing: other) }
        }
        for (id, others) in difference.new.waits {
            // What comes with the whole's key comes before or after the partition is attached.
            for other in others where id.kind != .inheritance || bringer(of: other) == nil {
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
        connectLogging()
        connectParts()
    }

    /// What a crash does not empty may not point at what it does: tables that become so, and foreign keys, take turns.
    private mutating func connectLogging() {
        func turn(_ table: ObjectID) -> (isUnlogged: Bool, span: Span)? {
            guard difference.fates[table] == .alter, let old = difference.old.objects[table] as? Table,
                let new = difference.new.objects[table] as? Table, old.isUnlogged != new.isUnlogged
            else { return nil }
            return makings[table].map { (new.isUnlogged, $0) }
        }
        for (id, object) in difference.old.objects {
            guard let key = object as? Constraint, key.type == "f" else { continue }
            let tables = Set(
                difference.old.needs[id, default: []].compactMap(difference.container) + [key.ownerID])
            for table in tables {
                guard let (isUnlogged, span) = turn(table) else { continue }
                if let drop = dropAction(id) {
                    graph.order(drop.last, before: span.first)
                } else if table != key.ownerID, let own = turn(key.ownerID) {
                    graph.order(
                        isUnlogged ? own.span.last : span.last, before: isUnlogged ? span.first : own.span.first)
                }
            }
        }
        for (id, object) in difference.new.objects {
            guard let key = object as? Constraint, key.type == "f", let making = makeAction(id) else { continue }
            for other in difference.new.needs[id, default: []].union([key.ownerID]) {
                guard let (_, span) = turn(difference.container(of: other) ?? other) else { continue }
                graph.order(span.last, before: making.first)
            }
        }
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
            if let otherDrop = dropAction(other) {
                graph.order(drop.last, before: otherDrop.first)
                // What comes back must not find what it shall do without: a function that its words would still mean.
                if let making = makeAction(id) { graph.order(otherDrop.last, before: making.first) }
            } else if difference.fates[other] == .remake, let replacement = makings[other] {
                graph.order(drop.last, before: replacement.last)
            }
            if difference.fates[other] == .alter || difference.replacedTypes[other] != nil,
                let alteration = makings[other]
            {
                graph.order(drop.last, before: alteration.first)
            }
            if let type = replacedType(under: other), let replacement = makings[type] {
                graph.order(drop.last, before: replacement.first)
            }
        } else if difference.fates[id] == .alter, let alteration = makings[id] {
            if let otherDrop = dropAction(other) {
                graph.order(alteration.last, before: otherDrop.first)
            } else if difference.fates[other] == .alter, let otherAlteration = makings[other],
                difference.new.needs[id]?.contains(other) != true
            {
                graph.order(alteration.last, before: otherAlteration.first)
            }
        }
    }

    private mutating func connectNew(_ id: ObjectID, needing other: ObjectID) {
        guard let making = makeAction(id) else { return }
        if let otherMaking = makeAction(other) {
            // A primary key takes its columns' NOT NULL as it finds it, and the whole a partition with what is checked.
            let isLast = (difference.new.objects[id] as? Constraint)?.type == "p" || id.kind == .inheritance
            graph.order(isLast ? otherMaking.last : otherMaking.ready, before: making.first)
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

    /// What a partition inherited is its own when it has been detached, and goes by itself then; before that, the whole's
    /// would take it along. A foreign key points at keys that have all their parts.
    private mutating func connectParts() {
        for (id, object) in difference.old.objects {
            guard object.isInherited, let table = object.container, difference.isDetached(table),
                let detaching = drops[ObjectID(.inheritance, table.name)] ?? makings[table]
            else { continue }
            if let drop = drops[id] {
                graph.order(detaching.last, before: drop.first)
                if let attaching = makings[ObjectID(.inheritance, table.name)] {
                    graph.order(drop.last, before: attaching.first)
                }
            }
            for theirs in parentChecks(of: object) {
                if let drop = drops[theirs] { graph.order(detaching.last, before: drop.first) }
            }
            for case let attachment as IndexAttachment in object.parts {
                for whole in difference.old.needs[attachment.id, default: []] where whole != id {
                    if let drop = drops[whole] { graph.order(detaching.last, before: drop.first) }
                }
            }
        }
        var attachings: [ObjectID: [Span]] = [:]
        for (id, making) in makings where id.kind == .indexAttachment {
            for whole in difference.new.needs[id, default: []] { attachings[whole, default: []].append(making) }
        }
        for (id, making) in makings where (difference.new.objects[id] as? Constraint)?.type == "f" {
            for span in difference.new.needs[id, default: []].flatMap({ attachings[$0, default: []] }) {
                graph.order(span.last, before: making.first)
            }
        }
    }

    /// The checks of the parents that would take a table's along.
    private func parentChecks(of object: any SchemaObject) -> [ObjectID] {
        guard let check = object as? Constraint, let table = difference.old.objects[check.ownerID] as? Table else {
            return []
        }
        let whole = difference.old.objects[ObjectID(.inheritance, table.name)] as? Inheritance
        return (table.parents + [whole?.parent].compactMap(\.self)).map {
            ObjectID(.constraint, "\($0).\(check.constraint)")
        }
    }
}

/// What leads from one schema to another: each object that goes, comes or changes.
public struct SchemaDifference: Sendable {
    /// What happens to one object.
    public enum Fate: String, Sendable, Codable {
        case drop, create, alter
        case remake
    }

    /// One object's change.
    public struct Entry: Sendable {
        /// What it is called.
        public let id: ObjectID
        /// What happens to it.
        public let fate: Fate
    }

    let old: DatabaseSchema
    let new: DatabaseSchema
    private(set) var fates: [ObjectID: Fate] = [:]
    /// What alters objects that stay.
    private(set) var alterations: [ObjectID: [String]] = [:]
    /// Types that take the place of others of the same name, under columns that stay.
    private(set) var replacedTypes: [ObjectID: [Column]] = [:]

    /// Compares.
    public init(from old: DatabaseSchema, to new: DatabaseSchema) {
        self.old = old
        self.new = new
        for id in old.objects.keys where new.objects[id] == nil { fates[id] = .drop }
        let needers = old.needers
        for (id, wanted) in new.objects {
            guard let present = old.objects[id] else {
                fates[id] = .create
                continue
            }
            guard !present.isSame(asAny: wanted), fates[id] != .remake else { continue }
            switch present.change(toAny: wanted) {
            case .anew:
                remake(id, needers)
            case .inPlace(let statements, let remaking):
                fates[id] = .alter
                alterations[id] = statements
                if !remaking.isEmpty { clearAway(from: id, remaking, needers) }
            }
        }
        // What looks the same and yet stood on something that goes has to go with it and come back. Never what holds rows.
        for id in old.objects.keys.sorted() where fates[id] == .drop { followDrop(of: id, needers) }
        followAttachments(needers)
        followRevocations()
        setDefaultPrivilegesAside()
    }

    /// Whether both are equal.
    public var isEmpty: Bool { fates.isEmpty }

    /// Each change, in the order of kinds.
    public var entries: [Entry] {
        fates.map { Entry(id: $0.key, fate: $0.value) }.sorted { $0.id < $1.id }
    }

    /// What cannot be had back of an object that goes, as a sentence.
    public func loss(of id: ObjectID) -> String? {
        [.drop, .remake].contains(fates[id]) ? old.objects[id]?.loss : nil
    }

    /// All that cannot be had back, as sentences; what goes with its whole is not told apart.
    public var losses: [String] {
        entries.filter { entry in
            container(of: entry.id).map { ![.drop, .remake].contains(fates[$0]) } ?? true
        }.compactMap { loss(of: $0.id) }
    }

    /// What an object is a part of, before or after.
    func container(of id: ObjectID) -> ObjectID? { (new.objects[id] ?? old.objects[id])?.container }

    /// Whether an object comes and goes with the statement that makes or drops its whole.
    func isMadeWithWhole(_ id: ObjectID) -> Bool {
        fates[id] == .drop || (new.objects[id]?.isMadeWithContainer ?? false)
    }

    /// Whether a table that stays is for a while, or from now on, no longer its parent's.
    func isDetached(_ table: ObjectID) -> Bool {
        guard let stays = new.objects[table] as? Table, let was = old.objects[table] as? Table, !isGone(table) else {
            return false
        }
        return isGone(ObjectID(.inheritance, table.name)) || !Set(was.parents).isSubset(of: stays.parents)
    }

    /// Whether a table that stays gets another parent.
    func isAttached(_ table: ObjectID) -> Bool {
        [.create, .remake].contains(fates[ObjectID(.inheritance, table.name)])
    }

    /// Whether a column comes and goes with the composite type that its table is of.
    func followsType(_ id: ObjectID) -> Bool {
        guard id.kind == .column, let table = container(of: id), let type = (new.objects[table] as? Table)?.ofType,
            !isGone(table)
        else { return false }
        return (old.objects[table] as? Table)?.ofType == type
    }

    /// Whether an object is dropped, if only to be made anew.
    func isGone(_ id: ObjectID) -> Bool { fates[id] == .drop || fates[id] == .remake }

    /// The index or key that a partition's is a part of and goes with.
    func whole(of part: ObjectID) -> ObjectID? {
        guard let attachment = old.objects[part]?.parts.first(where: { $0 is IndexAttachment }),
            let table = old.objects[part]?.container, !isDetached(table)
        else { return nil }
        return old.needs[attachment.id, default: []].first { $0 != part }
    }

    /// An index of a partition cannot go without that of the whole, nor that without those of its partitions.
    private mutating func followAttachments(_ needers: [ObjectID: [ObjectID]]) {
        let attachments = old.objects.values.compactMap { $0 as? IndexAttachment }.sorted { $0.id < $1.id }
        var isSettled = false
        while !isSettled {
            isSettled = true
            for attachment in attachments {
                guard let whole = whole(of: attachment.part) else { continue }
                if isGone(whole), !isGone(attachment.part) {
                    remake(attachment.part, needers)
                } else if !isGone(whole), isGone(attachment.part) || isGone(attachment.id) {
                    remake(whole, needers)
                } else {
                    continue
                }
                isSettled = false
            }
        }
    }

    /// What is revoked for a table is revoked for its columns: what they have is granted again.
    private mutating func followRevocations() {
        for case let privileges as Privileges in new.objects.values {
            guard let table = privileges.ofTable, fates[table] == .alter || fates[table] == .drop,
                old.objects[privileges.id] != nil, fates[privileges.id] == nil || fates[privileges.id] == .alter
            else { continue }
            fates[privileges.id] = .alter
            alterations[privileges.id, default: []] += privileges.creation
        }
    }

    private mutating func remake(_ id: ObjectID, _ needers: [ObjectID: [ObjectID]]) {
        guard old.objects[id] != nil, new.objects[id] != nil else { return }
        guard fates[id] != .remake else { return }
        fates[id] = .remake
        alterations[id] = nil
        for needer in needers[id, default: []] {
            if id.kind.isType, needer.kind == .column, let column = new.objects[needer] as? Column,
                (old.objects[needer] as? Column)?.type == column.type
            {
                if column.isLocal { replacedTypes[id, default: []].append(column) }
                let kinds = Set(ObjectKind.allCases).subtracting([.owner, .comment, .privileges])
                clearAway(from: needer, kinds, needers, unless: isOfColumnsOnly)
            } else {
                remake(needer, needers)
            }
        }
    }

    /// Whether an index or key goes along when its columns change their types: it has no expressions.
    private func isOfColumnsOnly(_ id: ObjectID) -> Bool {
        switch old.objects[id] {
        case let index as Index: !index.definition.contains("((") && !index.definition.contains(" WHERE ")
        case let key as Constraint: ["p", "u"].contains(key.type)
        default: false
        }
    }

    /// Makes anew what depends on an object and is of one of these kinds.
    private mutating func clearAway(
        from id: ObjectID, _ kinds: Set<ObjectKind>, _ needers: [ObjectID: [ObjectID]],
        unless stays: (ObjectID) -> Bool = { _ in false }
    ) {
        for needer in needers[id, default: []] where kinds.contains(needer.kind) && !stays(needer) {
            if needer.kind == .column, (old.objects[needer] as? Column)?.generation == nil { continue }
            remake(needer, needers)
        }
    }

    /// What is made must not be given what was meant for things that somebody makes later: default privileges are out of the
    /// way meanwhile.
    private mutating func setDefaultPrivilegesAside() {
        guard fates.contains(where: { $0.key.kind.isGrantable && ($0.value == .create || $0.value == .remake) }) else {
            return
        }
        for id in old.objects.keys where id.kind == .defaultPrivileges && new.objects[id] != nil {
            fates[id] = .remake
            alterations[id] = nil
        }
    }

    private mutating func followDrop(of id: ObjectID, _ needers: [ObjectID: [ObjectID]]) {
        let passing: Set<ObjectKind> = [
            .routine, .columnDefault, .constraint, .domainConstraint, .index, .view, .materializedView, .trigger, .rule,
            .policy,
        ]
        for needer in needers[id, default: []] where fates[needer] == nil && passing.contains(needer.kind) {
            remake(needer, needers)
        }
    }
}

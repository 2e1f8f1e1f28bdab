/// How the outcome of a statement can be found out when nobody saw it end.
enum ProbeRules {
    static func probe(_ words: StatementWords, _ head: CommandHead) -> StandaloneProbe {
        switch (head.command, head.object) {
        case ("create", "index"):
            return probeOfCreateIndex(words, head)
        case ("drop", "index"):
            return probeOfDropIndex(words, head)
        case ("reindex", _):
            let reindex = Reindex(words)
            return reindex.target.map { .reindex($0, reindex.name) } ?? .none
        case ("alter", "table"):
            return probeOfDetach(words, head)
        case ("alter", "type"):
            return probeOfAddValue(words, head)
        case ("vacuum", _), ("analyze", _), ("analyse", _), ("refresh", _), ("cluster", _), ("repack", _),
            ("checkpoint", _), ("alter", "system"):
            return .repeatable
        case ("alter", "subscription"):
            return words.matches(head.next + 1, ["refresh", "publication"]) ? .repeatable : .none
        default:
            return .none
        }
    }

    /// `CREATE [UNIQUE] INDEX [CONCURRENTLY] [[IF NOT EXISTS] name] ON [ONLY] table`.
    private static func probeOfCreateIndex(_ words: StatementWords, _ head: CommandHead) -> StandaloneProbe {
        var next = words.matches(head.next, "concurrently") ? head.next + 1 : head.next
        next = words.skippingExistence(next)
        var name: String?
        if !words.matches(next, "on"), let given = words.name(at: next) {
            name = given.parts.last
            next = given.next
        }
        guard words.matches(next, "on") else { return .none }
        next += words.matches(next + 1, "only") ? 2 : 1
        guard let table = words.name(at: next) else { return .none }
        let definition = IndexDefinition(isUnique: head.modifiers.contains("unique"), words.text(from: table.next))
        return .createIndex(name: name, table: table.parts, definition)
    }

    /// Only one index can be dropped concurrently; a plain DROP INDEX of several is not asked about.
    private static func probeOfDropIndex(_ words: StatementWords, _ head: CommandHead) -> StandaloneProbe {
        let next = words.matches(head.next, "concurrently") ? head.next + 1 : head.next
        guard let name = words.name(at: words.skippingExistence(next)), !words.isSign(name.next, Byte.comma) else {
            return .none
        }
        return .dropIndex(name.parts)
    }

    private static func probeOfDetach(_ words: StatementWords, _ head: CommandHead) -> StandaloneProbe {
        let alter = AlterTable(words, head)
        guard alter.actions.count == 1, let action = alter.actions.first,
            words.matches(action.lowerBound, ["detach", "partition"]),
            let partition = words.name(at: action.lowerBound + 2)
        else { return .none }
        return .detachPartition(parent: alter.table, partition: partition.parts)
    }

    private static func probeOfAddValue(_ words: StatementWords, _ head: CommandHead) -> StandaloneProbe {
        guard let type = words.name(at: head.next), words.matches(type.next, ["add", "value"]) else { return .none }
        let label = words.skippingExistence(type.next + 2)
        guard words.kind(label) == .string, let value = SQLIdentifier.unquoteLiteral(words.text(label)) else {
            return .none
        }
        return .addEnumValue(type: type.parts, label: value)
    }
}

import SQLText

/// The numbers by which a sequence goes: of one that stands by itself, or of an identity column.
public struct SequenceNumbers: Codable, Equatable, Sendable {
    /// `bigint`, `integer` or `smallint`.
    public var type: String
    /// The first number.
    public var start: Int64
    /// From one to the next.
    public var increment: Int64
    /// The smallest.
    public var minimum: Int64
    /// The greatest.
    public var maximum: Int64
    /// How many a session takes at once.
    public var cache: Int64
    /// Whether it begins again after the last.
    public var cycles: Bool

    private var limits: (lowest: Int64, highest: Int64) {
        switch type {
        case "smallint": (-32768, 32767)
        case "integer": (-2_147_483_648, 2_147_483_647)
        default: (Int64.min, Int64.max)
        }
    }

    /// What differs from what PostgreSQL takes by itself for this type.
    var unusual: [String] {
        let lowest = increment > 0 ? 1 : limits.lowest
        let highest = increment > 0 ? limits.highest : -1
        var words: [String] = []
        if increment != 1 { words.append("INCREMENT BY \(increment)") }
        if minimum != lowest { words.append("MINVALUE \(minimum)") }
        if maximum != highest { words.append("MAXVALUE \(maximum)") }
        if start != (increment > 0 ? minimum : maximum) { words.append("START WITH \(start)") }
        if cache != 1 { words.append("CACHE \(cache)") }
        if cycles { words.append("CYCLE") }
        return words
    }

    /// Brings a new sequence to where a column is that has values already.
    func catchingUp(_ sequence: String, table: String, column: String) -> String {
        let (last, range) =
            increment > 0
            ? ("max(\(column))", "\(start) AND \(maximum)") : ("min(\(column))", "\(minimum) AND \(start)")
        return
            "SELECT pg_catalog.setval(\(SQLIdentifier.quoteLiteral(sequence)), \(last)) FROM \(table) HAVING \(last) BETWEEN \(range)"
    }

    /// The options that lead to `desired`, the type aside.
    func changes(to desired: Self) -> [String] {
        var words: [String] = []
        if increment != desired.increment { words.append("INCREMENT BY \(desired.increment)") }
        if minimum != desired.minimum || type != desired.type { words.append("MINVALUE \(desired.minimum)") }
        if maximum != desired.maximum || type != desired.type { words.append("MAXVALUE \(desired.maximum)") }
        if start != desired.start { words.append("START WITH \(desired.start)") }
        if cache != desired.cache { words.append("CACHE \(desired.cache)") }
        if cycles != desired.cycles { words.append(desired.cycles ? "CYCLE" : "NO CYCLE") }
        return words
    }
}

/// A sequence that is no identity column's.
public struct Sequence: SchemaObject {
    /// Its qualified name.
    public var name: String
    /// How it counts.
    public var numbers: SequenceNumbers
    /// Whether a crash may forget it.
    public var isUnlogged: Bool

    /// `sequence name`.
    public var id: ObjectID { ObjectID(.sequence, name) }
    /// The name is a relation's.
    public var claims: [String] { ["relation \(name)"] }
    /// Makes it.
    public var creation: [String] {
        let type = numbers.type == "bigint" ? [] : ["AS \(numbers.type)"]
        let head = "CREATE \(isUnlogged ? "UNLOGGED " : "")SEQUENCE \(name)"
        return [([head] + type + numbers.unusual).joined(separator: " ")]
    }
    /// Its last value.
    public var loss: String? { "drops the sequence \(name) with its last value" }
    /// Drops it.
    public var removal: [String] { ["DROP SEQUENCE \(name)"] }

    /// Brings the last value within the limits, which ALTER SEQUENCE demands; one that is within them stays.
    private var clamping: String {
        let (low, high) = (numbers.minimum, numbers.maximum)
        return """
            SELECT pg_catalog.setval(\(SQLIdentifier.quoteLiteral(name)), LEAST(GREATEST(last_value, \(low)), \(high)), \
            is_called AND last_value BETWEEN \(low) AND \(high)) FROM \(name)
            """
    }

    /// Altered; its last value stays, or comes as near as the new limits let it.
    public func change(to desired: Self) -> ObjectChange {
        var statements: [String] = []
        let type = numbers.type == desired.numbers.type ? [] : ["AS \(desired.numbers.type)"]
        let words = type + numbers.changes(to: desired.numbers)
        let rises = desired.numbers.minimum > numbers.minimum
        let falls = desired.numbers.maximum < numbers.maximum
        if rises || falls {
            // What is set has to be within the limits that are there.
            if rises, desired.numbers.maximum > numbers.maximum {
                statements.append("ALTER SEQUENCE \(name) MAXVALUE \(desired.numbers.maximum)")
            } else if falls, desired.numbers.minimum < numbers.minimum {
                statements.append("ALTER SEQUENCE \(name) MINVALUE \(desired.numbers.minimum)")
            }
            statements.append(desired.clamping)
        }
        if !words.isEmpty { statements.append("ALTER SEQUENCE \(name) \(words.joined(separator: " "))") }
        if isUnlogged != desired.isUnlogged {
            statements.append("ALTER SEQUENCE \(name) SET \(desired.isUnlogged ? "UNLOGGED" : "LOGGED")")
        }
        return .inPlace(statements)
    }
}

/// That a sequence goes when a column goes.
public struct SequenceOwnership: SchemaObject {
    /// The sequence.
    public var sequence: String
    /// `schema.table.column`.
    public var column: String

    /// By the sequence's name.
    public var id: ObjectID { ObjectID(.sequenceOwnership, sequence) }
    /// The sequence.
    public var container: ObjectID? { ObjectID(.sequence, sequence) }
    /// Makes the column the owner.
    public var creation: [String] { ["ALTER SEQUENCE \(sequence) OWNED BY \(column)"] }
    /// Nobody owns it.
    public var removal: [String] { ["ALTER SEQUENCE \(sequence) OWNED BY NONE"] }
    /// Another owner.
    public func change(to desired: Self) -> ObjectChange { .inPlace(desired.creation) }
}

/// The kinds of things that a schema is made of, in the order in which they are made where nothing else decides.
public enum ObjectKind: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case schema, `extension`, collation
    case enumeration = "enum"
    case composite, range, domain, sequence, table, column, routine
    case columnDefault = "default"
    case constraint, index, inheritance
    case sequenceOwnership = "sequence ownership"
    case tableSetting = "table setting"
    case view
    case materializedView = "materialized view"
    case trigger, rule, policy
    case eventTrigger = "event trigger"
    case owner, comment, privileges
    case defaultPrivileges = "default privileges"

    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    /// The place in the order of creation.
    public var rank: Int { Self.ranks[self, default: 0] }

    /// Whether columns can be of it.
    var isType: Bool { [.enumeration, .composite, .range, .domain].contains(self) }

    /// The order of creation.
    public static func < (left: ObjectKind, right: ObjectKind) -> Bool { left.rank < right.rank }
}

/// The kinds of things that a schema is made of, in the order in which they are made where nothing else decides.
public enum ObjectKind: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case schema, `extension`, language, collation, conversion
    case enumeration = "enum"
    case composite, range, domain
    case domainConstraint = "domain constraint"
    case accessMethod = "access method"
    case wrapper = "foreign data wrapper"
    case server
    case userMapping = "user mapping"
    case routine, sequence, table, column, cast, transform
    case `operator`
    case operatorFamily = "operator family"
    case operatorClass = "operator class"
    case textSearchParser = "text search parser"
    case textSearchTemplate = "text search template"
    case textSearchDictionary = "text search dictionary"
    case textSearchConfiguration = "text search configuration"
    case columnDefault = "default"
    case constraint, index, statistics, inheritance
    case indexAttachment = "index attachment"
    case sequenceOwnership = "sequence ownership"
    case tableSetting = "table setting"
    case view
    case materializedView = "materialized view"
    case trigger, rule, policy, publication
    case eventTrigger = "event trigger"
    case owner, comment, privileges
    case defaultPrivileges = "default privileges"

    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    /// The place in the order of creation.
    public var rank: Int { Self.ranks[self, default: 0] }

    /// Whether columns can be of it.
    var isType: Bool { [.enumeration, .composite, .range, .domain].contains(self) }

    /// Whether default privileges are about it.
    var isGrantable: Bool {
        isType || [.schema, .table, .view, .materializedView, .sequence, .routine].contains(self)
    }

    /// The order of creation.
    public static func < (left: ObjectKind, right: ObjectKind) -> Bool { left.rank < right.rank }
}

extension ObjectKind {
    /// The type of the objects of this kind.
    public var type: any SchemaObject.Type {
        switch self {
        case .schema: Namespace.self
        case .extension: InstalledExtension.self
        case .collation: CollationObject.self
        case .enumeration: EnumType.self
        case .composite: CompositeType.self
        case .range: RangeType.self
        case .domain: DomainType.self
        case .domainConstraint, .constraint: Constraint.self
        case .routine: Routine.self
        case .sequence: Sequence.self
        case .table: Table.self
        case .column: Column.self
        case .columnDefault: ColumnDefault.self
        case .index: Index.self
        case .inheritance: Inheritance.self
        case .indexAttachment: IndexAttachment.self
        case .sequenceOwnership: SequenceOwnership.self
        case .tableSetting: TableSetting.self
        case .view: View.self
        case .materializedView: MaterializedView.self
        case .trigger: Trigger.self
        case .eventTrigger: EventTrigger.self
        case .rule: Rule.self
        case .policy: Policy.self
        case .publication: Publication.self
        case .owner: Owner.self
        case .comment: Comment.self
        case .privileges: Privileges.self
        case .defaultPrivileges: DefaultPrivileges.self
        case .language, .conversion, .accessMethod, .wrapper, .server, .userMapping, .cast, .transform, .operator,
            .operatorFamily, .operatorClass, .textSearchParser, .textSearchTemplate, .textSearchDictionary,
            .textSearchConfiguration, .statistics:
            PlainObject.self
        }
    }
}

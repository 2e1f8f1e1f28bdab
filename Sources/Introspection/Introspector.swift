import FoundationEssentials
public import PostgresClient
public import SchemaModel

/// Reads a living catalogue: one snapshot, a few questions about sets, no locks but those of reading.
public struct Introspector: Sendable {
    /// A table that is left out: Alembic's version table.
    public var versionTable: String

    /// Whether every owner is named, and not only those who are not the reader.
    public var namesEveryOwner = false

    /// A reader.
    public init(versionTable: String = "alembic_version") {
        self.versionTable = versionTable
    }

    /// What the database looks like.
    public func read(_ connection: Connection) async throws -> DatabaseSchema {
        try await snapshot(of: connection) { try await schema(in: $0) }
    }

    /// What the database looks like, and the catalogue's stamp with it. `onSnapshot` is called when the moment is fixed:
    /// what is committed after that is not seen, though the reading goes on.
    public func readStamped(
        _ connection: Connection, onSnapshot: @Sendable () -> Void = {}
    ) async throws -> (schema: DatabaseSchema, stamp: String) {
        try await snapshot(of: connection) { scope in
            // The first query fixes the moment (PostgreSQL manual, "Transaction Isolation").
            _ = try await scope.query("SELECT 1")
            onSnapshot()
            let stamp: String = try await scope.query(Query(raw: CatalogueStamp.sql)).scalar()
            return (try await schema(in: scope), stamp)
        }
    }

    /// Only the stamp: where it is the one that a schema was read with, that schema is what the database still looks like.
    public func stamp(_ connection: Connection) async throws -> String {
        try await connection.query(Query(raw: CatalogueStamp.sql)).scalar()
    }

    private func schema(in scope: TransactionScope) async throws -> DatabaseSchema {
        var reading = CatalogueReading(scope: scope, namesEveryOwner: namesEveryOwner)
        return try await reading.schema(without: versionTable)
    }

    /// How often it is begun again where somebody changes what is read.
    private static let attempts = 10

    private func snapshot<R: Sendable>(
        of connection: Connection, _ body: @Sendable (TransactionScope) async throws -> R
    ) async throws -> R {
        // With an empty search path every name comes qualified. To compile these queries takes longer than to run them.
        let options = TransactionOptions(
            isolation: .repeatableRead, isReadOnly: true,
            settings: ["search_path": "", "lock_timeout": "10s", "jit": "off"])
        for _ in 1..<Self.attempts {
            do {
                return try await connection.transaction(options, body: body)
            } catch  where CatalogueChange.isReason(of: error) {
                continue
            }
        }
        do {
            return try await connection.transaction(options, body: body)
        } catch  where CatalogueChange.isReason(of: error) {
            throw CatalogueChange(reason: error)
        }
    }
}

/// One reading of the catalogue.
private struct CatalogueReading {
    let scope: TransactionScope
    let namesEveryOwner: Bool
    var schema = DatabaseSchema()
    private var names: [CatalogueAddress: ObjectID] = [:]
    private var aliases: [CatalogueAddress: CatalogueAddress] = [:]

    init(scope: TransactionScope, namesEveryOwner: Bool) {
        self.scope = scope
        self.namesEveryOwner = namesEveryOwner
    }

    mutating func schema(without versionTable: String) async throws -> DatabaseSchema {
        for row in try await ask(NeedQuery.aliases) { aliases[try row.address()] = try row.address(at: 3) }
        let columns = try await readColumns()
        for query in CatalogueQuery.all(serverVersion: scope.connection.serverVersion) {
            for row in try await ask(query.sql) {
                var (address, object) = try query.found(in: row)
                if var table = object as? Table {
                    table.columns = columns[table.name, default: []]
                    object = table
                }
                if address.catalogue != 0 { names[address] = object.id }
                schema.insert(object)
            }
        }
        try await readAttached()
        try await readNeeds()
        for row in try await ask(NeedQuery.strangers) { schema.strangers.append(try row.decode(0)) }
        let name = try await ask("SELECT quote_ident('\(versionTable.replacing("'", with: "''"))')").scalar(
            as: String.self)
        schema.leaveOut { $0.kind == .table && $0.name.hasSuffix(".\(name)") }
        return schema
    }

    private func ask(_ sql: String) async throws -> QueryResult {
        try await scope.query(Query(raw: sql))
    }

    private mutating func readColumns() async throws -> [String: [Column]] {
        var columns: [String: [Column]] = [:]
        for row in try await ask(CatalogueQuery.columns.sql) {
            let found = try CatalogueQuery.columns.found(in: row)
            guard let column = found.object as? Column else { continue }
            names[found.address] = column.id
            columns[column.table, default: []].append(column)
        }
        for row in try await ask(NeedQuery.defaults) {
            guard let column = names[try row.address(at: 3)] else { continue }
            let isGenerated: Bool = try row.decode(6)
            names[try row.address()] = isGenerated ? column : ObjectID(.columnDefault, column.name)
        }
        return columns
    }

    /// The object at an address, or that of which it is a detail.
    private func name(_ address: CatalogueAddress) -> ObjectID? {
        if let name = names[address] { return name }
        var whole = address
        whole.part = 0
        for _ in 0..<4 {
            if let name = names[whole] { return name }
            guard let next = aliases[whole] else { return nil }
            whole = next
        }
        return nil
    }

    private mutating func readAttached() async throws {
        for row in try await ask(AttachedQuery.comments) {
            guard let subject = name(try row.address()) else { continue }
            schema.insert(Comment(subject: subject, target: try row.decode(3), text: try row.decode(4)))
        }
        for row in try await ask(namesEveryOwner ? AttachedQuery.everyOwner : AttachedQuery.strangersOwners) {
            guard let subject = name(try row.address()) else { continue }
            schema.insert(Owner(subject: subject, target: try row.decode(3), role: try row.decode(5)))
        }
        for row in try await ask(AttachedQuery.privileges) {
            guard let subject = name(try row.address()) else { continue }
            let json: String = try row.decode(3)
            var privileges = try JSONDecoder().decode(Privileges.self, from: Data(json.utf8))
            // A list that says no more than what is usual is left behind by what was granted and revoked.
            if privileges.isUsual { continue }
            privileges.subject = subject
            schema.insert(privileges)
            schema.addWait(of: privileges.id, for: ObjectID(.owner, subject.description))
            if let table = privileges.ofTable { schema.addWait(of: privileges.id, for: table) }
        }
    }

    private mutating func readNeeds() async throws {
        for row in try await ask(NeedQuery.needs) {
            guard let needer = name(try row.address()), let needed = name(try row.address(at: 3)) else { continue }
            schema.addNeed(of: needer, for: needed)
            // A column takes its parent's default as it finds it.
            if needer.kind == .column, needed.kind == .column,
                schema.objects[needer]?.container != schema.objects[needed]?.container
            {
                schema.addWait(of: needer, for: ObjectID(.columnDefault, needed.name))
            }
        }
        for row in try await ask(NeedQuery.waits) {
            guard let later = name(try row.address()), let earlier = name(try row.address(at: 3)) else { continue }
            schema.addWait(of: later, for: earlier)
        }
        addTableWaits()
    }

    /// What needs a partition's key that comes from the whole's needs the partition to be attached.
    private mutating func addNeedsOfKeys() {
        for (id, others) in schema.needs {
            for other in others {
                let key = schema.objects[other] as? Constraint
                let isInherited = key?.isInherited ?? (schema.objects[other] as? Index)?.isInherited ?? false
                guard isInherited, let table = schema.objects[other]?.container, id.kind == .constraint,
                    (schema.objects[id] as? Constraint)?.type == "f"
                else { continue }
                schema.addNeed(of: id, for: ObjectID(.inheritance, table.name))
            }
        }
    }

    /// Whether it is an index or a key that is no part of another.
    private func isOwnIndex(_ id: ObjectID) -> Bool {
        switch schema.objects[id] {
        case let index as Index: index.whole == nil
        case let key as Constraint: key.index != nil && key.whole == nil
        default: false
        }
    }

    /// A partition is attached when its own keys and indexes and the checks of the whole are there, and before the whole gets
    /// new ones, which its own are attached to; a table's switches may name an index; a sequence belongs to a column that is
    /// there.
    private mutating func addTableWaits() {
        var parts: [ObjectID: [ObjectID]] = [:]
        var indexes: [String: ObjectID] = [:]
        for (id, object) in schema.objects where [.index, .constraint].contains(id.kind) {
            indexes[(object as? Constraint)?.index ?? id.name] = id
            // A foreign key of one table may need that another is attached.
            if (object as? Constraint)?.type == "f" { continue }
            if let container = object.container { parts[container, default: []].append(id) }
        }
        addNeedsOfKeys()
        for (id, object) in schema.objects {
            switch object {
            case let check as Constraint where check.isInherited && check.type == "c":
                for parent in (schema.objects[ObjectID(.table, check.owner)] as? Table)?.parents ?? [] {
                    let theirs = ObjectID(.constraint, "\(parent).\(check.constraint)")
                    if schema.objects[theirs] != nil { schema.addNeed(of: id, for: theirs) }
                }
            case let inheritance as Inheritance:
                schema.addNeed(of: id, for: ObjectID(.table, inheritance.parent))
                for part in parts[ObjectID(.table, inheritance.table), default: []] {
                    // What is no part of the whole's comes afterwards: it might be taken for one.
                    let isOwn = isOwnIndex(part)
                    schema.addWait(of: isOwn ? part : id, for: isOwn ? id : part)
                }
                for part in parts[ObjectID(.table, inheritance.parent), default: []] {
                    let isCheck = (schema.objects[part] as? Constraint)?.type == "c"
                    schema.addWait(of: isCheck ? id : part, for: isCheck ? part : id)
                }
            case let attachment as IndexAttachment:
                if let whole = indexes[attachment.whole] { schema.addNeed(of: id, for: whole) }
                guard let table = schema.objects[attachment.part]?.container else { continue }
                schema.addWait(of: id, for: ObjectID(.inheritance, table.name))
                for own in parts[table, default: []] where isOwnIndex(own) { schema.addWait(of: own, for: id) }
            case let setting as TableSetting:
                for part in parts[ObjectID(.table, setting.table), default: []] { schema.addWait(of: id, for: part) }
                // The replica identity and the clustering go with their index.
                let name = setting.action.replacing("REPLICA IDENTITY USING INDEX ", with: "").replacing(
                    "CLUSTER ON ", with: "")
                let own = parts[ObjectID(.table, setting.table), default: []]
                let index = own.first { ((schema.objects[$0] as? Constraint)?.index ?? $0.name).hasSuffix(".\(name)") }
                if let index { schema.addNeed(of: id, for: index) }
            case let ownership as SequenceOwnership:
                let column = ObjectID(.column, ownership.column)
                schema.addNeed(of: id, for: column)
                // Whom the table is given to gets the sequence with it.
                if let table = schema.objects[column]?.container {
                    schema.addWait(of: ObjectID(.owner, table.description), for: id)
                }
            default: break
            }
        }
    }
}

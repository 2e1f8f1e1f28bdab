import FoundationEssentials
import PostgresClient
import SchemaModel

/// One question to the catalogue: each row says where an object is kept, and the object as JSON.
struct CatalogueQuery: Sendable {
    /// Where an object is kept, and the object.
    typealias Found = (address: CatalogueAddress, object: any SchemaObject)

    let sql: String
    /// Makes the object of its JSON.
    let decode: @Sendable (Data) throws -> any SchemaObject

    init<Object: SchemaObject>(_ type: Object.Type, _ sql: String) {
        self.sql = sql
        decode = { try JSONDecoder().decode(Object.self, from: $0) }
    }

    func found(in row: Row) throws -> Found {
        let json: String = try row.decode(3)
        return (try row.address(), try decode(Data(json.utf8)))
    }

    /// All kinds of objects that are kept at an address of their own. Columns come with `columns`.
    static func all(serverVersion: Int) -> [CatalogueQuery] {
        [
            namespaces, extensions, languages, collations, conversions, enums, composites, ranges, domains,
            accessMethods,
            wrappers, servers, userMappings, sequences, sequenceOwnerships, tables, inheritances, tableSettings, views,
            materializedViews, routines, aggregates, casts, transforms, operators, operatorFamilies, operatorClasses,
            textSearchParsers, textSearchTemplates, textSearchDictionaries, textSearchConfigurations, constraints,
            indexes,
            statistics, triggers, eventTriggers, rules, policies, publications(serverVersion: serverVersion),
            defaultPrivileges,
        ]
    }
}

extension Row {
    /// The address in three columns from this one on.
    func address(at column: Int = 0) throws -> CatalogueAddress {
        CatalogueAddress(
            catalogue: try decode(column), object: try decode(column + 1), part: try decode(column + 2))
    }
}

/// Pieces of catalogue SQL that several questions share.
enum Fragment {
    /// The schemas that are looked at; `n` is pg_namespace.
    static let isOurs = """
        n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'migrated') \
        AND n.nspname !~ '^pg_(temp|toast_temp)_'
        """

    /// Whether an extension does not have the row of this catalogue's alias.
    static func isNoMember(_ alias: String) -> String {
        """
        NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = \(alias).tableoid AND x.objid = \(alias).oid \
        AND x.deptype = 'e')
        """
    }

    /// The kind of a relation `c`, as `ObjectKind` has it.
    static let relationKind = "CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END"
    /// The qualified name of a relation `c`.
    static let relation = "format('%I.%I', n.nspname, c.relname)"
    /// The qualified name of a type `t`.
    static let type = "format('%I.%I', n.nspname, t.typname)"
    /// The state of a trigger or rule.
    static func state(_ column: String) -> String {
        "CASE \(column) WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END"
    }
    /// An expression, so that PostgreSQL reads back what it printed: a list of varchar values is cast as a whole by itself,
    /// and element by element where the cast is written.
    static func spelled(_ expression: String) -> String {
        let value = "'(?:[^']|'')*'::character varying"
        return """
            regexp_replace(\(expression), $r$\\(ARRAY\\[(\(value)(?:, \(value))*)\\]\\)::text\\[\\]$r$, 'ARRAY[\\1]', 'g')
            """
    }
    /// The qualified name of the index that an index is a part of, where it is one.
    static func wholeIndex(_ index: String, _ isPart: String) -> String {
        """
        CASE WHEN \(isPart) THEN (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = \(index)) END
        """
    }
    /// Whether an index, of that alias of pg_class, is a partitioned one that has such parts `h`, or lacks some.
    static func isOfParts(_ alias: String, _ isSuch: String) -> String {
        """
        coalesce(\(alias).relkind = 'I' AND (EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = \(alias).oid AND \(isSuch))
          OR NOT (SELECT v.indisvalid FROM pg_index v WHERE v.indexrelid = \(alias).oid)), false)
        """
    }
    /// Whether a partition's key, of that alias of pg_constraint, is what the making of the whole's makes, name and all.
    static func isMadeByWhole(_ alias: String) -> String {
        """
        (\(alias).conparentid <> 0 AND NOT \(alias).connoinherit AND \(alias).conname ~ '(_pkey|_key)$'
          AND starts_with(\(alias).conname, (SELECT z.relname FROM pg_class z WHERE z.oid = \(alias).conrelid)))
        """
    }
    /// How a sequence `s` counts.
    static let numbers = """
        json_build_object('type', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement, \
        'minimum', s.seqmin, 'maximum', s.seqmax, 'cache', s.seqcache, 'cycles', s.seqcycle)
        """
    /// The grants of an access control list, the owner's role being empty if `owner` is given.
    static func grants(_ list: String, owner: String = "NULL::oid") -> String {
        """
        coalesce((SELECT json_agg(json_build_object('role', CASE WHEN a.grantee = \(owner) THEN '' \
        WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, \
        'privilege', a.privilege_type, 'isGrantable', a.is_grantable AND a.grantee IS DISTINCT FROM \(owner)) \
        ORDER BY a.grantee, a.privilege_type) FROM aclexplode(\(list)) a), '[]'::json)
        """
    }
}

/// Whether a column definition, from its type on, has PostgreSQL write the table anew.
struct ColumnRewrite {
    let words: StatementWords
    let definition: Range<Int>

    /// As ADD COLUMN: a default that is computed once is kept in the catalogue; one that is computed for each row is not.
    var byAdding: Ternary {
        if ["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"].contains(typeName) { return .yes }
        if let generated = words.find("generated", in: definition) { return byGenerating(from: generated) }
        let type: Ternary = isArray || Self.plainTypes.contains(typeName) ? .no : .unknown
        guard let clause = words.find("default", in: definition) else { return type }
        return Ternary.any([type, volatility(ofExpressionAt: clause + 1)])
    }

    /// As the new type of a column whose old type is not known, but supposed to be another.
    var byChangingType: Ternary {
        if let using = words.find("using", in: definition), computes(from: using + 1) { return .yes }
        if ["char", "character", "bpchar", "nchar"].contains(typeName) {
            return words.matches(definition.lowerBound + 1, "varying") ? .unknown : .yes
        }
        return Self.incompatibleTypes.contains(typeName) ? .yes : .unknown
    }

    private func byGenerating(from index: Int) -> Ternary {
        let rest = index..<definition.upperBound
        if words.find("identity", in: rest) != nil { return .yes }
        if words.find("stored", in: rest) != nil { return .yes }
        return .no
    }

    /// The last part of the type's name; `pg_catalog` and other schemas are left out.
    private var typeName: String {
        guard let name = words.name(at: definition.lowerBound) else { return "" }
        if name.parts.count > 1, name.parts.first != "pg_catalog" { return "" }
        return name.parts.last ?? ""
    }

    private var isArray: Bool {
        words.find("array", in: definition) == definition.lowerBound + 1
            || definition.prefix(4).contains { words.isSign($0, UInt8(ascii: "[")) && $0 <= definition.lowerBound + 4 }
    }

    /// Whether the expression up to the end does more than name a column or change how its value is seen.
    private func computes(from start: Int) -> Bool {
        for index in start..<max(start, definition.upperBound) {
            if words.kind(index) == .operator || words.kind(index) == .string { return true }
            guard words.isSign(index, Byte.leftParenthesis), index > start else { continue }
            guard words.kind(index - 1) == .identifier, words.text(index - 2) != "::" else { continue }
            return true
        }
        return false
    }

    /// Whether the default that begins at `start` is computed for each row anew.
    private func volatility(ofExpressionAt start: Int) -> Ternary {
        var answers: [Ternary] = []
        var depth = 0
        for index in start..<max(start, definition.upperBound) {
            if words.isSign(index, Byte.leftParenthesis) {
                depth += 1
            } else if words.isSign(index, Byte.rightParenthesis) {
                depth -= 1
            }
            guard words.kind(index) == .identifier || words.kind(index) == .quotedIdentifier else { continue }
            if depth == 0, index > start, Self.clauseWords.contains(words.word(index)) { break }
            let isCall = words.isSign(index + 1, Byte.leftParenthesis) && words.text(index - 1) != "::"
            if isCall { answers.append(volatility(ofFunction: SQLIdentifier.unquote(words.text(index)))) }
        }
        return Ternary.any(answers)
    }

    private func volatility(ofFunction name: String) -> Ternary {
        if Self.volatileFunctions.contains(name) { return .yes }
        return Self.steadyFunctions.contains(name) || Self.plainTypes.contains(name) ? .no : .unknown
    }

    /// Words that end a default and begin another clause of the column.
    private static let clauseWords: Set<String> = [
        "not", "null", "check", "unique", "primary", "references", "constraint", "generated", "deferrable", "initially",
        "storage", "compression",
    ]

    private static let volatileFunctions: Set<String> = [
        "random", "random_normal", "setseed", "gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v1",
        "uuid_generate_v1mc", "uuid_generate_v4", "gen_random_bytes", "gen_salt", "nextval", "currval", "lastval",
        "setval", "clock_timestamp", "timeofday", "pg_sleep", "set_config", "current_query",
    ]

    /// Functions of PostgreSQL that are immutable or stable.
    private static let steadyFunctions: Set<String> = [
        "now", "transaction_timestamp", "statement_timestamp", "current_timestamp", "localtimestamp", "current_time",
        "localtime", "timezone", "date_trunc", "date_part", "extract", "make_date", "make_time", "make_timestamp",
        "make_timestamptz", "make_interval", "to_char", "to_date", "to_number", "to_timestamp", "age", "lower", "upper",
        "initcap", "length", "trim", "btrim", "ltrim", "rtrim", "lpad", "rpad", "left", "right", "substring", "substr",
        "replace", "repeat", "reverse", "concat", "concat_ws", "format", "md5", "sha256", "encode", "decode",
        "convert_to", "abs", "round", "floor", "ceil", "ceiling", "trunc", "power", "sqrt", "mod", "coalesce",
        "nullif", "greatest", "least", "cast", "row", "array", "array_fill", "string_to_array", "jsonb_build_object",
        "jsonb_build_array", "json_build_object", "json_build_array", "json_object", "json_array", "jsonb_object",
        "to_json", "to_jsonb", "current_setting", "current_schema", "current_database", "txid_current",
        "pg_current_xact_id", "pg_backend_pid", "version", "in", "and", "or", "not",
    ]

    /// Types of PostgreSQL and its usual extensions: none of them is a domain with a constraint.
    private static let plainTypes: Set<String> = [
        "smallint", "int2", "integer", "int", "int4", "bigint", "int8", "numeric", "decimal", "dec", "real", "float",
        "float4", "float8", "double", "money", "boolean", "bool", "text", "varchar", "character", "char", "bpchar",
        "nchar", "national", "name", "bytea", "bit", "varbit", "uuid", "json", "jsonb", "jsonpath", "xml", "date",
        "time", "timetz", "timestamp", "timestamptz", "interval", "inet", "cidr", "macaddr", "macaddr8", "point",
        "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery", "oid", "regclass", "regtype",
        "regproc", "regprocedure", "regrole", "regnamespace", "pg_lsn", "xid", "xid8", "int4range", "int8range",
        "numrange", "tsrange", "tstzrange", "daterange", "int4multirange", "int8multirange", "nummultirange",
        "tsmultirange", "tstzmultirange", "datemultirange", "citext", "hstore", "ltree",
    ]

    /// Types into which no other type changes without its values being written anew.
    private static let incompatibleTypes: Set<String> = [
        "smallint", "int2", "integer", "int", "int4", "bigint", "int8", "real", "float", "float4", "float8", "double",
        "boolean", "bool", "date", "uuid", "json", "jsonb",
    ]
}

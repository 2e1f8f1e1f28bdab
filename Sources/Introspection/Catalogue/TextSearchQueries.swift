import SchemaModel

/// Text search, and statistics over several columns.
extension CatalogueQuery {
    private static let name = "format('%I.%I', n.nspname, o.name)"

    private static func pieces(
        _ kind: String, _ catalogue: String, prefix: String, creation: String
    ) -> CatalogueQuery {
        CatalogueQuery(
            PlainObject.self,
            """
            SELECT o.tableoid, o.oid, 0, json_build_object('kind', '\(kind)', 'name', \(name), 'creation', \(creation),
              'removal', json_build_array(format('DROP \(kind) %s', \(name))))
            FROM (SELECT o.*, o.tableoid, o.\(prefix)name AS name FROM \(catalogue) o WHERE \(Fragment.isNoMember("o"))) o
            JOIN pg_namespace n ON n.oid = o.\(prefix)namespace WHERE \(Fragment.isOurs)
            """)
    }

    static let textSearchParsers = pieces(
        "text search parser", "pg_ts_parser", prefix: "prs",
        creation: """
            json_build_array(format('CREATE TEXT SEARCH PARSER %s (%s)', \(name), concat_ws(', ', 'START = ' || o.prsstart,
              'GETTOKEN = ' || o.prstoken, 'END = ' || o.prsend, 'LEXTYPES = ' || o.prslextype,
              'HEADLINE = ' || nullif(o.prsheadline, 0)::regproc)))
            """)

    static let textSearchTemplates = pieces(
        "text search template", "pg_ts_template", prefix: "tmpl",
        creation: """
            json_build_array(format('CREATE TEXT SEARCH TEMPLATE %s (%s)', \(name), concat_ws(', ',
              'INIT = ' || nullif(o.tmplinit, 0)::regproc, 'LEXIZE = ' || o.tmpllexize)))
            """)

    static let textSearchDictionaries = pieces(
        "text search dictionary", "pg_ts_dict", prefix: "dict",
        creation: """
            json_build_array(format('CREATE TEXT SEARCH DICTIONARY %s (%s)', \(name), concat_ws(', ',
              (SELECT format('TEMPLATE = %I.%I', m.nspname, t.tmplname) FROM pg_ts_template t
                JOIN pg_namespace m ON m.oid = t.tmplnamespace WHERE t.oid = o.dicttemplate), o.dictinitoption)))
            """)

    static let textSearchConfigurations = pieces(
        "text search configuration", "pg_ts_config", prefix: "cfg",
        creation: """
            (SELECT json_agg(line ORDER BY place, line) FROM (
              SELECT 0, format('CREATE TEXT SEARCH CONFIGURATION %s (PARSER = %I.%I)', \(name), m.nspname, p.prsname)
              FROM pg_ts_parser p JOIN pg_namespace m ON m.oid = p.prsnamespace WHERE p.oid = o.cfgparser
              UNION ALL
              SELECT 1, format('ALTER TEXT SEARCH CONFIGURATION %s ADD MAPPING FOR %I WITH %s', \(name), k.alias,
                string_agg(g.mapdict::regdictionary::text, ', ' ORDER BY g.mapseqno))
              FROM pg_ts_config_map g, ts_token_type(o.cfgparser) k
              WHERE g.mapcfg = o.oid AND k.tokid = g.maptokentype GROUP BY k.alias) s(place, line))
            """)

    static let statistics = pieces(
        "statistics", "pg_statistic_ext", prefix: "stx",
        creation: """
            to_json(array_remove(ARRAY[pg_get_statisticsobjdef(o.oid), format('ALTER STATISTICS %s SET STATISTICS ', \(name))
              || CASE WHEN o.stxstattarget >= 0 THEN o.stxstattarget::text END], NULL))
            """)
}

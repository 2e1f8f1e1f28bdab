import SchemaModel

/// What leads to other servers: foreign data and publications.
extension CatalogueQuery {
    /// ` OPTIONS (host 'a')` of an array of options.
    static func options(_ column: String) -> String {
        """
        coalesce((SELECT ' OPTIONS (' || string_agg(format('%I %L', option_name, option_value), ', ' ORDER BY place) || ')'
          FROM pg_options_to_table(\(column)) WITH ORDINALITY o(option_name, option_value, place)), '')
        """
    }

    static let wrappers = CatalogueQuery(
        PlainObject.self,
        """
        SELECT w.tableoid, w.oid, 0, json_build_object('kind', 'foreign data wrapper', 'name', quote_ident(w.fdwname),
          'creation', json_build_array(format('CREATE FOREIGN DATA WRAPPER %I', w.fdwname)
            || coalesce(' HANDLER ' || nullif(w.fdwhandler, 0)::regproc, '')
            || coalesce(' VALIDATOR ' || nullif(w.fdwvalidator, 0)::regproc, '') || \(options("w.fdwoptions"))),
          'removal', json_build_array(format('DROP FOREIGN DATA WRAPPER %I', w.fdwname)))
        FROM pg_foreign_data_wrapper w WHERE \(Fragment.isNoMember("w"))
        """)

    static let servers = CatalogueQuery(
        PlainObject.self,
        """
        SELECT s.tableoid, s.oid, 0, json_build_object('kind', 'server', 'name', quote_ident(s.srvname),
          'creation', json_build_array(format('CREATE SERVER %I', s.srvname) || coalesce(' TYPE ' || quote_literal(s.srvtype), '')
            || coalesce(' VERSION ' || quote_literal(s.srvversion), '') || format(' FOREIGN DATA WRAPPER %I', w.fdwname)
            || \(options("s.srvoptions"))),
          'removal', json_build_array(format('DROP SERVER %I', s.srvname)))
        FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE \(Fragment.isNoMember("s"))
        """)

    static let userMappings = CatalogueQuery(
        PlainObject.self,
        """
        SELECT 'pg_user_mapping'::regclass::oid, u.umid, 0, json_build_object('kind', 'user mapping', 'name', u.what,
          'creation', json_build_array(format('CREATE USER MAPPING FOR %s', u.what) || \(options("u.umoptions"))),
          'removal', json_build_array(format('DROP USER MAPPING FOR %s', u.what)))
        FROM (SELECT u.*, format('%s SERVER %I', CASE u.umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END, u.srvname)
          AS what FROM pg_user_mappings u) u
        """)

    /// Before 15, publications were of whole tables only.
    static func publications(serverVersion: Int) -> CatalogueQuery {
        let details =
            serverVersion < 150000
            ? ""
            : """
             || coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
               WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) || ')', '')
             || coalesce(' WHERE ' || pg_get_expr(r.prqual, r.prrelid), '')
            """
        let schemas =
            serverVersion < 150000
            ? ""
            : """
            UNION ALL SELECT format('TABLES IN SCHEMA %I', m.nspname) FROM pg_publication_namespace r
              JOIN pg_namespace m ON m.oid = r.pnnspid WHERE r.pnpubid = p.oid
            """
        return CatalogueQuery(
            Publication.self,
            """
            SELECT p.tableoid, p.oid, 0, json_build_object('name', quote_ident(p.pubname), 'isOfAllTables', p.puballtables,
              'members', coalesce((SELECT json_agg(m ORDER BY m) FROM (
                SELECT format('TABLE ONLY %s', r.prrelid::regclass)\(details) FROM pg_publication_rel r WHERE r.prpubid = p.oid
                \(schemas)) s(m)), '[]'),
              'options', json_build_array(format('publish = %L', concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
                CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
                CASE WHEN p.pubtruncate THEN 'truncate' END)), format('publish_via_partition_root = %s', p.pubviaroot::text)))
            FROM pg_publication p WHERE \(Fragment.isNoMember("p"))
            """)
    }
}

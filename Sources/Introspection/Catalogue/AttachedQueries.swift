import SchemaModel

/// What is said about objects of any kind. The subject's place comes first; the reader fills in what is kept there.
enum AttachedQuery {
    static let comments = """
        SELECT d.classoid, d.objoid, d.objsubid, CASE WHEN o.type LIKE '% column' THEN 'COLUMN ' || o.identity
            WHEN o.type = 'table constraint' THEN 'CONSTRAINT ' || o.identity
            WHEN o.type = 'domain constraint' THEN 'CONSTRAINT ' || regexp_replace(o.identity, '^(.*) on (.*)$', '\\1 ON DOMAIN \\2')
            WHEN o.type = 'composite type' THEN 'TYPE ' || o.identity
            WHEN o.type = 'statistics object' THEN 'STATISTICS ' || o.identity
            WHEN o.type = 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER ' || o.identity
            ELSE upper(o.type) || ' ' || o.identity END, d.description
        FROM pg_description d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o
        WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = 'public'::regnamespace
        """

    /// A word of `ALTER … OWNER TO`, where the one who looks is not the owner.
    static let owners = """
        SELECT n.tableoid, n.oid, 0, format('SCHEMA %I', n.nspname), n.nspowner FROM pg_namespace n WHERE \(Fragment.isOurs)
        UNION ALL
        SELECT c.tableoid, c.oid, 0, format('%s %I.%I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
          WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname), c.relowner
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND \(Fragment.isOurs) AND NOT EXISTS (SELECT FROM pg_depend i
          WHERE c.relkind = 'S' AND i.classid = c.tableoid AND i.objid = c.oid AND i.deptype IN ('a', 'i')
            AND i.refclassid = c.tableoid)
        UNION ALL
        SELECT t.tableoid, t.oid, 0, format('%s %I.%I', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname,
          t.typname), t.typowner
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND \(Fragment.isOurs)
        UNION ALL
        SELECT p.tableoid, p.oid, 0, format('%s %I.%I(%s)', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE'
          ELSE 'FUNCTION' END, n.nspname, p.proname, coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''),
          CASE p.prokind WHEN 'a' THEN '*' ELSE '' END)), p.proowner
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE \(Fragment.isOurs)
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('COLLATION %I.%I', n.nspname, k.collname), k.collowner
        FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace WHERE \(Fragment.isOurs)
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('STATISTICS %I.%I', n.nspname, k.stxname), k.stxowner
        FROM pg_statistic_ext k JOIN pg_namespace n ON n.oid = k.stxnamespace WHERE \(Fragment.isOurs)
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('OPERATOR %s', k.oid::regoperator), k.oprowner
        FROM pg_operator k JOIN pg_namespace n ON n.oid = k.oprnamespace WHERE \(Fragment.isOurs)
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('TEXT SEARCH CONFIGURATION %I.%I', n.nspname, k.cfgname), k.cfgowner
        FROM pg_ts_config k JOIN pg_namespace n ON n.oid = k.cfgnamespace WHERE \(Fragment.isOurs)
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('TEXT SEARCH DICTIONARY %I.%I', n.nspname, k.dictname), k.dictowner
        FROM pg_ts_dict k JOIN pg_namespace n ON n.oid = k.dictnamespace WHERE \(Fragment.isOurs)
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('FOREIGN DATA WRAPPER %I', k.fdwname), k.fdwowner FROM pg_foreign_data_wrapper k
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('SERVER %I', k.srvname), k.srvowner FROM pg_foreign_server k
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('PUBLICATION %I', k.pubname), k.pubowner FROM pg_publication k
        UNION ALL
        SELECT k.tableoid, k.oid, 0, format('EVENT TRIGGER %I', k.evtname), k.evtowner FROM pg_event_trigger k
        """

    static let everyOwner = """
        SELECT o.*, quote_ident(pg_get_userbyid(o.owner)) FROM (\(owners)) o(catalogue, object, part, target, owner)
        """

    static let strangersOwners = everyOwner + " WHERE o.owner <> current_user::regrole"

    static let privileges = """
        SELECT o.catalogue, o.object, o.part, json_build_object('subject', json_build_object('kind', 'table', 'name', ''),
          'target', o.target, 'column', o.col, 'owner', quote_ident(pg_get_userbyid(o.owner)),
          'grants', \(Fragment.grants("o.acl", owner: "o.owner")),
          'initial', \(Fragment.grants("CASE WHEN o.kind = 'c' THEN NULL ELSE acldefault(o.kind, o.owner) END", owner: "o.owner")))
        FROM (
          SELECT n.tableoid, n.oid, 0, format('SCHEMA %I', n.nspname), NULL, n.nspowner, 'n'::"char", n.nspacl
          FROM pg_namespace n WHERE \(Fragment.isOurs)
          UNION ALL
          SELECT c.tableoid, c.oid, 0, format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname,
            c.relname), NULL, c.relowner, CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relacl
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND \(Fragment.isOurs)
          UNION ALL
          SELECT c.tableoid, c.oid, a.attnum, format('TABLE %I.%I', n.nspname, c.relname), quote_ident(a.attname), c.relowner,
            'c', a.attacl
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND \(Fragment.isOurs)
          UNION ALL
          SELECT t.tableoid, t.oid, 0, format('TYPE %I.%I', n.nspname, t.typname), NULL, t.typowner, 'T', t.typacl
          FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE \(Fragment.isOurs)
          UNION ALL
          SELECT p.tableoid, p.oid, 0, format('%s %I.%I(%s)', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
            n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), NULL, p.proowner, 'f', p.proacl
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE \(Fragment.isOurs)
          UNION ALL
          SELECT k.tableoid, k.oid, 0, format('FOREIGN DATA WRAPPER %I', k.fdwname), NULL, k.fdwowner, 'F', k.fdwacl
          FROM pg_foreign_data_wrapper k
          UNION ALL
          SELECT k.tableoid, k.oid, 0, format('FOREIGN SERVER %I', k.srvname), NULL, k.srvowner, 'S', k.srvacl
          FROM pg_foreign_server k
        ) o(catalogue, object, part, target, col, owner, kind, acl) WHERE o.acl IS NOT NULL
        """
}

extension CatalogueQuery {
    static let defaultPrivileges = CatalogueQuery(
        DefaultPrivileges.self,
        """
        SELECT d.tableoid, d.oid, 0, json_build_object('role', quote_ident(pg_get_userbyid(d.defaclrole)),
          'schema', quote_ident(n.nspname), 'objects', CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
            WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
          'grants', \(Fragment.grants("d.defaclacl")),
          'initial', CASE WHEN d.defaclnamespace = 0 THEN \(Fragment.grants(
              "acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)"))
            ELSE '[]'::json END)
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
        """)
}

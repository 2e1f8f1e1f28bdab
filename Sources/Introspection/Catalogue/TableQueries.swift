import SchemaModel

/// Tables, their columns, sequences.
extension CatalogueQuery {
    static let tables = CatalogueQuery(
        Table.self,
        """
        SELECT c.tableoid, c.oid, 0, json_build_object('name', \(Fragment.relation), 'isUnlogged', c.relpersistence = 'u',
          'partitionKey', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
          'accessMethod', (SELECT m.amname FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap'),
          'ofType', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
          'options', coalesce((SELECT json_agg(o ORDER BY o) FROM (SELECT unnest(c.reloptions) UNION ALL
            SELECT 'toast.' || unnest(t.reloptions) FROM pg_class t WHERE t.oid = c.reltoastrelid) s(o)), '[]'),
          'parents', CASE WHEN c.relispartition THEN '[]'::json ELSE coalesce((
            SELECT json_agg(i.inhparent::regclass::text ORDER BY i.inhseqno) FROM pg_inherits i
            WHERE i.inhrelid = c.oid), '[]') END,
          'server', CASE WHEN c.relkind = 'f' THEN (SELECT quote_ident(s.srvname) || \(options("f.ftoptions"))
            FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid) END,
          'columns', '[]'::json)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f') AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        """)

    static let columns = CatalogueQuery(
        Column.self,
        """
        SELECT c.tableoid, c.oid, a.attnum, json_build_object('table', \(Fragment.relation), 'column', quote_ident(a.attname),
          'type', format_type(a.atttypid, a.atttypmod),
          'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
          'isOfEnum', EXISTS (SELECT FROM pg_type y WHERE y.oid IN (t.oid, t.typelem) AND y.typtype = 'e'),
          'isNotNull', a.attnotnull,
          'generation', CASE WHEN a.attgenerated <> '' THEN format('(%s) %s', pg_get_expr(d.adbin, d.adrelid),
            CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END,
          'identity', CASE WHEN a.attidentity <> '' THEN (
            SELECT json_build_object('generation', CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
              'sequence', q.oid::regclass::text, 'hasUsualName', q.relname = c.relname || '_' || a.attname || '_seq',
              'numbers', \(Fragment.numbers))
            FROM pg_depend i JOIN pg_class q ON q.oid = i.objid JOIN pg_sequence s ON s.seqrelid = q.oid
            WHERE i.classid = c.tableoid AND i.refclassid = c.tableoid AND i.refobjid = c.oid AND i.refobjsubid = a.attnum
              AND i.deptype = 'i') END,
          'storage', CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN'
            WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
          'usualStorage', CASE t.typstorage WHEN 'm' THEN 'MAIN' WHEN 'e' THEN 'EXTERNAL' END,
          'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
          'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
          'options', coalesce(to_json(a.attoptions), '[]'), 'foreignOptions', \(options("a.attfdwoptions")),
          'isLocal', a.attislocal, 'isInherited', a.attinhcount > 0,
          'inheritedDefault', CASE WHEN a.attinhcount > 0 AND NOT a.attislocal THEN (SELECT pg_get_expr(e.adbin, e.adrelid)
            FROM pg_inherits i JOIN pg_attribute b ON b.attrelid = i.inhparent AND b.attname = a.attname
            JOIN pg_attrdef e ON e.adrelid = b.attrelid AND e.adnum = b.attnum WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1) END,
          'isInheritedNotNull', a.attinhcount > 0 AND EXISTS (SELECT FROM pg_inherits i JOIN pg_attribute b
            ON b.attrelid = i.inhparent AND b.attname = a.attname WHERE i.inhrelid = c.oid AND b.attnotnull),
          'isInPartition', c.relispartition,
          'standard', CASE WHEN d.oid IS NOT NULL AND a.attgenerated = '' THEN json_build_object('table', \(Fragment.relation),
            'column', quote_ident(a.attname), 'expression', pg_get_expr(d.adbin, d.adrelid),
            'isPlain', NOT EXISTS (SELECT FROM pg_depend p WHERE p.classid = d.tableoid AND p.objid = d.oid
              AND p.refclassid = 'pg_proc'::regclass AND p.refobjid >= 16384),
            'isVolatile', EXISTS (SELECT FROM regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) (\\d+)', 'g') f
              JOIN pg_proc p ON p.oid = f[1]::oid WHERE p.provolatile = 'v')) END)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p', 'f') AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        ORDER BY c.oid, a.attnum
        """)

    static let sequences = CatalogueQuery(
        Sequence.self,
        """
        SELECT c.tableoid, c.oid, 0, json_build_object('name', \(Fragment.relation), 'numbers', \(Fragment.numbers),
          'isUnlogged', c.relpersistence = 'u')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
        WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("c")) AND NOT EXISTS (
          SELECT FROM pg_depend i WHERE i.classid = c.tableoid AND i.objid = c.oid AND i.deptype = 'i')
        """)

    static let sequenceOwnerships = CatalogueQuery(
        SequenceOwnership.self,
        """
        SELECT 0::oid, 0::oid, 0, json_build_object('sequence', \(Fragment.relation),
          'column', format('%s.%I', i.refobjid::regclass, a.attname))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_depend i ON i.classid = c.tableoid AND i.objid = c.oid AND i.refclassid = c.tableoid AND i.deptype = 'a'
        JOIN pg_attribute a ON a.attrelid = i.refobjid AND a.attnum = i.refobjsubid
        WHERE c.relkind = 'S' AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        """)

    static let inheritances = CatalogueQuery(
        Inheritance.self,
        """
        SELECT 0::oid, 0::oid, 0, json_build_object('table', \(Fragment.relation), 'parent', i.inhparent::regclass::text,
          'bound', pg_get_expr(c.relpartbound, c.oid))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f') AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        """)

    static let tableSettings = CatalogueQuery(
        TableSetting.self,
        """
        SELECT 0::oid, 0::oid, 0, json_build_object('table', \(Fragment.relation), 'setting', s.setting, 'action', s.action,
          'opposite', s.opposite)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN (SELECT i.indrelid, quote_ident(x.relname) AS name FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indisclustered) k ON k.indrelid = c.oid
        CROSS JOIN LATERAL (
          SELECT 'row security', 'ENABLE ROW LEVEL SECURITY', 'DISABLE ROW LEVEL SECURITY' WHERE c.relrowsecurity
          UNION ALL
          SELECT 'forced row security', 'FORCE ROW LEVEL SECURITY', 'NO FORCE ROW LEVEL SECURITY'
            WHERE c.relforcerowsecurity
          UNION ALL
          SELECT 'replica identity', 'REPLICA IDENTITY ' || CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
            ELSE 'USING INDEX ' || (SELECT quote_ident(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
              WHERE i.indrelid = c.oid AND i.indisreplident) END, 'REPLICA IDENTITY DEFAULT' WHERE c.relreplident <> 'd'
          UNION ALL
          SELECT 'clustering', 'CLUSTER ON ' || k.name, 'SET WITHOUT CLUSTER' WHERE k.name IS NOT NULL
        ) s(setting, action, opposite)
        WHERE c.relkind IN ('r', 'p') AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c")) AND s.action IS NOT NULL
        """)
}

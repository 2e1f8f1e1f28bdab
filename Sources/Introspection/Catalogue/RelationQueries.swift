import SchemaModel

/// Views, and what hangs on relations.
extension CatalogueQuery {
    static let views = CatalogueQuery(
        View.self,
        """
        SELECT c.tableoid, c.oid, 0, json_build_object('name', \(Fragment.relation),
          'query', \(Fragment.spelled("rtrim(pg_get_viewdef(c.oid), ';')")), 'options', coalesce(to_json(c.reloptions), '[]'),
          'columns', (SELECT coalesce(json_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
              a.attcollation::regcollation) ORDER BY a.attnum), '[]')
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
          'defaults', (SELECT coalesce(json_agg(json_build_array(quote_ident(a.attname), pg_get_expr(d.adbin, c.oid))
              ORDER BY a.attnum), '[]')
            FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = c.oid))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'v' AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        """)

    static let materializedViews = CatalogueQuery(
        MaterializedView.self,
        """
        SELECT c.tableoid, c.oid, 0, json_build_object('name', \(Fragment.relation),
          'query', \(Fragment.spelled("rtrim(pg_get_viewdef(c.oid), ';')")), 'options', coalesce(to_json(c.reloptions), '[]'),
          'accessMethod', (SELECT m.amname FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap'),
          'isPopulated', c.relispopulated)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'm' AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        """)

    static let constraints = CatalogueQuery(
        Constraint.self,
        """
        SELECT k.tableoid, k.oid, 0, json_build_object('owner', CASE WHEN c.oid IS NULL THEN k.contypid::regtype::text ELSE \(Fragment.relation) END,
          'isOfDomain', k.contypid <> 0, 'constraint', quote_ident(k.conname), 'definition', CASE WHEN k.contype IN ('p', 'u') THEN
              regexp_replace(pg_get_constraintdef(k.oid), '( DEFERRABLE.*)?$', coalesce((
                SELECT ' WITH (' || array_to_string(x.reloptions, ', ') || ')' FROM pg_class x WHERE x.oid = k.conindid),
                '') || '\\1') ELSE \(Fragment.spelled("pg_get_constraintdef(k.oid)")) END,
          'type', k.contype, 'ownerKind', CASE WHEN k.contypid <> 0 THEN 'domain' ELSE 'table' END,
          'isOnPartition', coalesce(c.relispartition, false), 'isInherited', k.conparentid <> 0 OR NOT k.conislocal OR coalesce(y.relispartition, false),
          'whole', \(Fragment.wholeIndex("k.conindid", "k.contype IN ('p', 'u', 'x') AND y.relispartition")),
          'isOfParts', \(Fragment.isOfParts("y", "NOT EXISTS (SELECT FROM pg_constraint q WHERE q.conindid = h.inhrelid AND \(Fragment.isMadeByWhole("q")))")),
          'isMadeByWhole', k.contype IN ('p', 'u', 'x') AND \(Fragment.isMadeByWhole("k")),
          'index', CASE WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid::regclass::text END,
          'indexDefinition', CASE WHEN k.contype IN ('p', 'u') THEN pg_get_indexdef(k.conindid) END,
          'deferral', CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END
            || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END)
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace LEFT JOIN pg_class c ON c.oid = k.conrelid
        LEFT JOIN pg_type t ON t.oid = k.contypid
        LEFT JOIN pg_class y ON y.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
        WHERE k.contype IN ('c', 'p', 'u', 'f', 'x') AND (c.relkind IS NULL OR c.relkind IN ('r', 'p', 'f'))
          AND \(Fragment.isOurs) AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.deptype = 'e'
            AND (x.classid, x.objid) IN ((c.tableoid, c.oid), (t.tableoid, t.oid)))
        """)

    static let indexes = CatalogueQuery(
        Index.self,
        """
        SELECT x.tableoid, x.oid, 0, json_build_object('name', format('%I.%I', n.nspname, x.relname),
          'relation', \(Fragment.relation), 'relationKind', \(Fragment.relationKind),
          'definition', CASE WHEN x.relkind = 'I' THEN regexp_replace(pg_get_indexdef(x.oid), ' ON ONLY ', ' ON ')
            ELSE \(Fragment.spelled("pg_get_indexdef(x.oid)")) END,
          'whole', \(Fragment.wholeIndex("x.oid", "x.relispartition")), 'isOfParts', \(Fragment.isOfParts("x", "true")),
          'isValid', i.indisvalid,
          'settings', coalesce((SELECT json_agg(format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s', n.nspname, x.relname,
              a.attnum, a.attstattarget) ORDER BY a.attnum)
            FROM pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0), '[]'))
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm') AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c")) AND NOT EXISTS (
          SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
        """)

    static let triggers = CatalogueQuery(
        Trigger.self,
        """
        SELECT g.tableoid, g.oid, 0, json_build_object('relation', \(Fragment.relation), 'relationKind', \(Fragment.relationKind),
          'trigger', quote_ident(g.tgname), 'definition', \(Fragment.spelled("pg_get_triggerdef(g.oid)")), 'state', \(Fragment.state("g.tgenabled")))
        FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND c.relkind IN ('r', 'p', 'v', 'f') AND \(Fragment.isOurs)
          AND \(Fragment.isNoMember("c"))
        """)

    static let eventTriggers = CatalogueQuery(
        EventTrigger.self,
        """
        SELECT e.tableoid, e.oid, 0, json_build_object('name', quote_ident(e.evtname),
          'definition', format('CREATE EVENT TRIGGER %I ON %s', e.evtname, e.evtevent)
            || coalesce(' WHEN TAG IN (' || (SELECT string_agg(quote_literal(g), ', ') FROM unnest(e.evttags) g) || ')', '')
            || format(' EXECUTE FUNCTION %s()', e.evtfoid::regproc),
          'state', \(Fragment.state("e.evtenabled")))
        FROM pg_event_trigger e WHERE \(Fragment.isNoMember("e"))
        """)

    static let rules = CatalogueQuery(
        Rule.self,
        """
        SELECT r.tableoid, r.oid, 0, json_build_object('relation', \(Fragment.relation), 'relationKind', \(Fragment.relationKind),
          'rule', quote_ident(r.rulename), 'definition', rtrim(pg_get_ruledef(r.oid), ';'),
          'state', \(Fragment.state("r.ev_enabled")))
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rulename <> '_RETURN' AND c.relkind IN ('r', 'p', 'v') AND \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        """)

    static let policies = CatalogueQuery(
        Policy.self,
        """
        SELECT p.tableoid, p.oid, 0, json_build_object('table', \(Fragment.relation), 'policy', quote_ident(p.polname),
          'isPermissive', p.polpermissive, 'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
            WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
          'roles', (SELECT json_agg(s.r ORDER BY s.r) FROM (SELECT CASE WHEN o = 0 THEN 'PUBLIC'
            ELSE quote_ident(pg_get_userbyid(o)) END FROM unnest(p.polroles) o) s(r)),
          'using', \(Fragment.spelled("pg_get_expr(p.polqual, p.polrelid)")),
          'check', \(Fragment.spelled("pg_get_expr(p.polwithcheck, p.polrelid)")))
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("c"))
        """)
}

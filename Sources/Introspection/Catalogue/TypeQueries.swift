import SchemaModel

/// Schemas, extensions, collations and types.
extension CatalogueQuery {
    static let namespaces = CatalogueQuery(
        Namespace.self,
        """
        SELECT n.tableoid, n.oid, 0, json_build_object('name', quote_ident(n.nspname))
        FROM pg_namespace n WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("n"))
        """)

    static let extensions = CatalogueQuery(
        InstalledExtension.self,
        """
        SELECT e.tableoid, e.oid, 0, json_build_object('name', quote_ident(e.extname), 'schema', quote_ident(n.nspname),
          'version', e.extversion, 'updates', coalesce(
            -- One whose files are gone from the server is an error to ask about.
            CASE WHEN EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = e.extname) THEN (
              SELECT json_agg(u.target ORDER BY u.target) FROM pg_extension_update_paths(e.extname) u
              WHERE u.source = e.extversion AND u.path IS NOT NULL) END, '[]'))
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.oid >= 16384
        """)

    static let collations = CatalogueQuery(
        CollationObject.self,
        """
        SELECT k.tableoid, k.oid, 0, json_build_object('name', format('%I.%I', n.nspname, k.collname), 'options',
          concat_ws(', ', CASE k.collprovider WHEN 'i' THEN 'PROVIDER = icu' WHEN 'c' THEN 'PROVIDER = libc'
              WHEN 'b' THEN 'PROVIDER = builtin' END,
            -- The column is another in 15 and 16, and from 17 on.
            'LOCALE = ' || quote_literal(coalesce(to_jsonb(k) ->> 'colllocale', to_jsonb(k) ->> 'colliculocale')),
            'RULES = ' || quote_literal(to_jsonb(k) ->> 'collicurules'),
            'LC_COLLATE = ' || quote_literal(k.collcollate), 'LC_CTYPE = ' || quote_literal(k.collctype),
            CASE WHEN NOT k.collisdeterministic THEN 'DETERMINISTIC = false' END))
        FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace
        WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("k"))
        """)

    static let enums = CatalogueQuery(
        EnumType.self,
        """
        SELECT t.tableoid, t.oid, 0, json_build_object('name', \(Fragment.type), 'labels',
          coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '[]'))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE t.typtype = 'e' AND \(Fragment.isOurs) AND \(Fragment.isNoMember("t"))
        """)

    static let domains = CatalogueQuery(
        DomainType.self,
        """
        SELECT t.tableoid, t.oid, 0, json_build_object('name', \(Fragment.type), 'base', format_type(t.typbasetype, t.typtypmod),
          'collation', CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END,
          'defaultExpression', coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault), 'isNotNull', t.typnotnull)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
        WHERE t.typtype = 'd' AND \(Fragment.isOurs) AND \(Fragment.isNoMember("t"))
        """)

    static let composites = CatalogueQuery(
        CompositeType.self,
        """
        SELECT t.tableoid, t.oid, 0, json_build_object('name', \(Fragment.type), 'attributes', coalesce((
          SELECT json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod),
            'collation', CASE WHEN a.attcollation <> u.typcollation THEN a.attcollation::regcollation::text END)
            ORDER BY a.attnum)
          FROM pg_attribute a JOIN pg_type u ON u.oid = a.atttypid
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid
        WHERE c.relkind = 'c' AND \(Fragment.isOurs) AND \(Fragment.isNoMember("t"))
        """)

    static let ranges = CatalogueQuery(
        RangeType.self,
        """
        SELECT t.tableoid, t.oid, 0, json_build_object('name', \(Fragment.type), 'options', concat_ws(', ',
          'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
          (SELECT format('SUBTYPE_OPCLASS = %I.%I', m.nspname, o.opcname) FROM pg_opclass o
            JOIN pg_namespace m ON m.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
          'COLLATION = ' || (SELECT r.rngcollation::regcollation::text FROM pg_type s
            WHERE s.oid = r.rngsubtype AND s.typcollation <> r.rngcollation),
          CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical::regproc::text END,
          CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff::regproc::text END,
          'MULTIRANGE_TYPE_NAME = ' || (SELECT format('%I.%I', m.nspname, u.typname) FROM pg_type u
            JOIN pg_namespace m ON m.oid = u.typnamespace WHERE u.oid = r.rngmultitypid)))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_range r ON r.rngtypid = t.oid
        WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("t"))
        """)
}

import SchemaModel

/// Operators, their families and classes, casts, conversions, transforms, languages, access methods.
extension CatalogueQuery {
    static let languages = CatalogueQuery(
        PlainObject.self,
        """
        SELECT l.tableoid, l.oid, 0, json_build_object('kind', 'language', 'name', quote_ident(l.lanname),
          'creation', json_build_array(format('CREATE %sLANGUAGE %I HANDLER %s', CASE WHEN l.lanpltrusted THEN 'TRUSTED ' ELSE '' END,
              l.lanname, l.lanplcallfoid::regproc) || coalesce(' INLINE ' || nullif(l.laninline, 0)::regproc, '')
            || coalesce(' VALIDATOR ' || nullif(l.lanvalidator, 0)::regproc, '')),
          'removal', json_build_array(format('DROP LANGUAGE %I', l.lanname)))
        FROM pg_language l WHERE l.lanispl AND l.oid >= 16384 AND \(Fragment.isNoMember("l"))
        """)

    static let accessMethods = CatalogueQuery(
        PlainObject.self,
        """
        SELECT m.tableoid, m.oid, 0, json_build_object('kind', 'access method', 'name', quote_ident(m.amname),
          'creation', json_build_array(format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', m.amname,
            CASE m.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, m.amhandler)),
          'removal', json_build_array(format('DROP ACCESS METHOD %I', m.amname)))
        FROM pg_am m WHERE m.oid >= 16384 AND \(Fragment.isNoMember("m"))
        """)

    /// One that was only spoken of, by an operator that it undoes, comes with that one.
    static let operators = CatalogueQuery(
        PlainObject.self,
        """
        SELECT o.tableoid, o.oid, 0, json_build_object('kind', 'operator', 'name', o.oid::regoperator::text,
          'creation', CASE WHEN o.oprcode = 0 THEN '[]'::json ELSE json_build_array(format('CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname, concat_ws(', ',
            'FUNCTION = ' || o.oprcode, 'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL),
            'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
            'COMMUTATOR = ' || (SELECT format('OPERATOR(%I.%s)', m.nspname, c.oprname) FROM pg_operator c
              JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprcom),
            'NEGATOR = ' || (SELECT format('OPERATOR(%I.%s)', m.nspname, c.oprname) FROM pg_operator c
              JOIN pg_namespace m ON m.oid = c.oprnamespace WHERE c.oid = o.oprnegate),
            'RESTRICT = ' || nullif(o.oprrest, 0)::regproc, 'JOIN = ' || nullif(o.oprjoin, 0)::regproc,
            CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END))) END,
          'removal', json_build_array(format('DROP OPERATOR %I.%s (%s, %s)', n.nspname, o.oprname,
            coalesce(format_type(nullif(o.oprleft, 0), NULL), 'NONE'), format_type(o.oprright, NULL))))
        FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
        WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("o"))
        """)

    /// The members of a class or a family whose rows in pg_depend say so.
    private static func members(of owner: String) -> String {
        """
        SELECT string_agg(line, ', ' ORDER BY line) FROM (
          SELECT format('OPERATOR %s %s', m.amopstrategy, m.amopopr::regoperator) || coalesce(' FOR ORDER BY '
            || (SELECT format('%I.%I', fn.nspname, f.opfname) FROM pg_opfamily f JOIN pg_namespace fn ON fn.oid = f.opfnamespace
              WHERE f.oid = nullif(m.amopsortfamily, 0)), '')
          FROM pg_depend d JOIN pg_amop m ON m.tableoid = d.classid AND m.oid = d.objid
          WHERE d.refclassid = \(owner).tableoid AND d.refobjid = \(owner).oid AND d.deptype IN ('a', 'i')
          UNION ALL
          SELECT format('FUNCTION %s (%s, %s) %s', m.amprocnum, format_type(m.amproclefttype, NULL),
            format_type(m.amprocrighttype, NULL), m.amproc::regprocedure)
          FROM pg_depend d JOIN pg_amproc m ON m.tableoid = d.classid AND m.oid = d.objid
          WHERE d.refclassid = \(owner).tableoid AND d.refobjid = \(owner).oid AND d.deptype IN ('a', 'i')) s(line)
        """
    }

    static let operatorFamilies = CatalogueQuery(
        PlainObject.self,
        """
        SELECT f.tableoid, f.oid, 0, json_build_object('kind', 'operator family', 'name', format('%s USING %I', f.name, f.amname),
          'creation', to_json(array_remove(ARRAY[format('CREATE OPERATOR FAMILY %s USING %I', f.name, f.amname),
            format('ALTER OPERATOR FAMILY %s USING %I ADD ', f.name, f.amname) || (\(members(of: "f")))], NULL)),
          'removal', json_build_array(format('DROP OPERATOR FAMILY %s USING %I', f.name, f.amname)))
        FROM (SELECT f.tableoid, f.oid, format('%I.%I', n.nspname, f.opfname) AS name, m.amname FROM pg_opfamily f
          JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
          WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("f"))) f
        """)

    static let operatorClasses = CatalogueQuery(
        PlainObject.self,
        """
        SELECT o.tableoid, o.oid, 0, json_build_object('kind', 'operator class', 'name', format('%s USING %I', o.name, o.amname),
          'creation', json_build_array(format('CREATE OPERATOR CLASS %s %sFOR TYPE %s USING %I FAMILY %s AS %s', o.name,
            CASE WHEN o.opcdefault THEN 'DEFAULT ' ELSE '' END, format_type(o.opcintype, NULL), o.amname,
            (SELECT format('%I.%I', n.nspname, f.opfname) FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace
              WHERE f.oid = o.opcfamily),
            concat_ws(', ', 'STORAGE ' || format_type(coalesce(nullif(o.opckeytype, 0), o.opcintype), NULL),
              (\(members(of: "o")))))),
          'removal', json_build_array(format('DROP OPERATOR CLASS %s USING %I', o.name, o.amname)))
        FROM (SELECT o.*, o.tableoid, format('%I.%I', n.nspname, o.opcname) AS name, m.amname FROM pg_opclass o
          JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod
          WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("o"))) o
        """)

    static let casts = CatalogueQuery(
        PlainObject.self,
        """
        SELECT k.tableoid, k.oid, 0, json_build_object('kind', 'cast', 'name', k.types,
          'creation', json_build_array(format('CREATE CAST (%s) %s%s', k.types, CASE k.castmethod
              WHEN 'f' THEN 'WITH FUNCTION ' || k.castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
            CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END)),
          'removal', json_build_array(format('DROP CAST (%s)', k.types)))
        FROM (SELECT k.*, k.tableoid, format('%s AS %s', format_type(k.castsource, NULL), format_type(k.casttarget, NULL)) AS types
          FROM pg_cast k WHERE k.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = k.tableoid
            AND x.objid = k.oid AND x.deptype IN ('e', 'i'))) k
        """)

    static let conversions = CatalogueQuery(
        PlainObject.self,
        """
        SELECT k.tableoid, k.oid, 0, json_build_object('kind', 'conversion', 'name', format('%I.%I', n.nspname, k.conname),
          'creation', json_build_array(format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s',
            CASE WHEN k.condefault THEN 'DEFAULT ' ELSE '' END, n.nspname, k.conname,
            pg_encoding_to_char(k.conforencoding), pg_encoding_to_char(k.contoencoding), k.conproc)),
          'removal', json_build_array(format('DROP CONVERSION %I.%I', n.nspname, k.conname)))
        FROM pg_conversion k JOIN pg_namespace n ON n.oid = k.connamespace
        WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("k"))
        """)

    static let transforms = CatalogueQuery(
        PlainObject.self,
        """
        SELECT t.tableoid, t.oid, 0, json_build_object('kind', 'transform', 'name', t.what,
          'creation', json_build_array(format('CREATE TRANSFORM FOR %s (%s)', t.what, concat_ws(', ',
            'FROM SQL WITH FUNCTION ' || nullif(t.trffromsql, 0)::regprocedure,
            'TO SQL WITH FUNCTION ' || nullif(t.trftosql, 0)::regprocedure))),
          'removal', json_build_array(format('DROP TRANSFORM FOR %s', t.what)))
        FROM (SELECT t.*, t.tableoid, format('%s LANGUAGE %I', format_type(t.trftype, NULL), l.lanname) AS what
          FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE \(Fragment.isNoMember("t"))) t
        """)
}

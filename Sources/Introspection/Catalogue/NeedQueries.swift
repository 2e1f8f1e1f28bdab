/// Who needs whom, and under which other addresses objects are known.
enum NeedQuery {
    /// Pairs of addresses: what is kept at the first is a matter of the object at the second.
    static let aliases = """
        SELECT 'pg_class'::regclass::oid, k.conindid, 0, k.tableoid, k.oid, 0
        FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'x')
        UNION ALL
        SELECT r.tableoid, r.oid, 0, 'pg_class'::regclass, r.ev_class, 0 FROM pg_rewrite r WHERE r.rulename = '_RETURN'
        UNION ALL
        SELECT t.tableoid, t.oid, 0, t.tableoid, t.typelem, 0 FROM pg_type t
        WHERE t.typelem <> 0 AND t.typcategory = 'A' AND t.oid >= 16384
        UNION ALL
        SELECT t.tableoid, t.oid, 0, 'pg_class'::regclass, c.oid, 0 FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
        WHERE c.relkind <> 'c' AND t.oid >= 16384
        UNION ALL
        SELECT c.tableoid, c.oid, 0, 'pg_type'::regclass, c.reltype, 0 FROM pg_class c WHERE c.relkind = 'c'
        UNION ALL
        SELECT 'pg_type'::regclass, r.rngmultitypid, 0, 'pg_type'::regclass, r.rngtypid, 0
        FROM pg_range r WHERE r.rngtypid >= 16384
        UNION ALL
        SELECT d.classid, d.objid, 0, d.refclassid, d.refobjid, 0 FROM pg_depend d
        WHERE d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass, 'pg_publication_rel'::regclass,
            to_regclass('pg_publication_namespace')) AND d.deptype IN ('a', 'i')
          AND d.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_publication'::regclass)
        """

    /// The defaults: a generated column's is the column's own affair.
    static let defaults = """
        SELECT d.tableoid, d.oid, 0, 'pg_class'::regclass::oid, d.adrelid, d.adnum, a.attgenerated <> ''
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        """

    /// Pairs of addresses: the first needs the second. A sequence does not need the column that owns it.
    static let needs = """
        SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid
        FROM pg_depend d LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
        WHERE d.deptype IN ('n', 'a', 'i') AND d.objid >= 16384 AND (d.refobjid >= 16384 OR d.refobjid = 2200)
          AND NOT (c.relkind IS NOT DISTINCT FROM 'S' AND d.deptype IN ('a', 'i'))
          AND NOT (coalesce(c.relispartition, false) AND d.refclassid = d.classid AND d.objsubid = 0)
        UNION ALL
        SELECT 'pg_class'::regclass, a.attrelid, a.attnum, 'pg_class'::regclass, b.attrelid, b.attnum
        FROM pg_inherits i JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_attribute b ON b.attrelid = i.inhparent AND b.attname = a.attname AND NOT b.attisdropped
        JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p')
        """

    /// Pairs of addresses: the first is made after the second. The index of a whole comes after those of its partitions,
    /// which then become its parts under their own names.
    static let waits = """
        SELECT 'pg_class'::regclass::oid, i.inhparent, 0, 'pg_class'::regclass::oid, i.inhrelid, 0
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind IN ('i', 'I')
        """

    /// What is not a part of the model.
    static let strangers = """
        SELECT format('base type %s', t.oid::regtype) FROM pg_type t
          WHERE (t.typtype = 'b' AND t.typcategory <> 'A' OR NOT t.typisdefined) AND t.oid >= 16384 AND \(Fragment.isNoMember("t"))
        UNION ALL SELECT format('subscription %I', s.subname) FROM pg_subscription s
          WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT format('security label of %s %s', o.type, o.identity)
          FROM pg_seclabel l CROSS JOIN LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) o
        -- From 18 on they are objects of their own, and may be what a column cannot say.
        UNION ALL SELECT format('not-null constraint %I of %s', k.conname, k.conrelid::regclass) FROM pg_constraint k
          WHERE k.contype = 'n' AND k.conrelid >= 16384 AND (NOT k.convalidated OR k.connoinherit)
        ORDER BY 1
        """
}

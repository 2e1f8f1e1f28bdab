import SchemaModel

/// Functions, procedures and aggregates.
extension CatalogueQuery {
    private static let name =
        "format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))"
    private static let signature = "format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))"
    private static let source = """
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE \(Fragment.isOurs) AND \(Fragment.isNoMember("p")) AND NOT EXISTS (SELECT FROM pg_depend i
          WHERE i.classid = p.tableoid AND i.objid = p.oid AND i.refclassid = 'pg_type'::regclass AND i.deptype = 'i')
        """

    static let routines = CatalogueQuery(
        Routine.self,
        """
        SELECT p.tableoid, p.oid, 0, json_build_object('name', \(name), 'signature', \(signature),
          'type', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, 'arguments', pg_get_function_arguments(p.oid),
          'result', pg_get_function_result(p.oid), 'definition', rtrim(pg_get_functiondef(p.oid), E'\\n'))
        \(source) AND p.prokind <> 'a'
        """)

    static let aggregates = CatalogueQuery(
        Routine.self,
        """
        SELECT p.tableoid, p.oid, 0, json_build_object('name', format('%I.%I(%s)', n.nspname, p.proname,
            coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*')),
          'signature', \(signature), 'type', 'AGGREGATE', 'arguments', pg_get_function_arguments(p.oid),
          'result', pg_get_function_result(p.oid), 'definition', format('CREATE AGGREGATE %I.%I(%s) (%s)', n.nspname,
            p.proname, coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*'), (SELECT concat_ws(', ',
            'SFUNC = ' || g.aggtransfn, 'STYPE = ' || format_type(g.aggtranstype, NULL),
            'SSPACE = ' || nullif(g.aggtransspace, 0), 'FINALFUNC = ' || nullif(g.aggfinalfn::text, '-'),
            CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
            CASE WHEN g.aggfinalfn <> 0 THEN 'FINALFUNC_MODIFY = ' || CASE g.aggfinalmodify WHEN 'r' THEN 'READ_ONLY'
              WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
            'COMBINEFUNC = ' || nullif(g.aggcombinefn::text, '-'), 'SERIALFUNC = ' || nullif(g.aggserialfn::text, '-'),
            'DESERIALFUNC = ' || nullif(g.aggdeserialfn::text, '-'), 'INITCOND = ' || quote_literal(g.agginitval),
            'MSFUNC = ' || nullif(g.aggmtransfn::text, '-'), 'MINVFUNC = ' || nullif(g.aggminvtransfn::text, '-'),
            CASE WHEN g.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(g.aggmtranstype, NULL) END,
            'MFINALFUNC = ' || nullif(g.aggmfinalfn::text, '-'), 'MINITCOND = ' || quote_literal(g.aggminitval),
            CASE WHEN g.aggsortop <> 0 THEN (SELECT format('SORTOP = OPERATOR(%I.%s)', m.nspname, o.oprname)
              FROM pg_operator o JOIN pg_namespace m ON m.oid = o.oprnamespace WHERE o.oid = g.aggsortop) END,
            CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
            CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END)
            FROM pg_aggregate g WHERE g.aggfnoid = p.oid)))
        \(source) AND p.prokind = 'a'
        """)
}

import PostgresClient

/// Whether anything in a catalogue has changed, without reading what it says: how many rows each table of it has, and which
/// transactions wrote them.
///
/// Every DDL writes new rows, with the number of its transaction in `xmin`; freezing keeps that number, and what VACUUM and ANALYZE
/// note in `pg_class` they write in place (PostgreSQL manual, "System Columns" and "Routine Vacuuming"). So equal stamps of one
/// database mean an equal schema. The converse does not hold: TRUNCATE and temporary tables write rows as well.
enum CatalogueStamp {
    /// One row with one text.
    static let sql =
        "SELECT md5(string_agg(part, ',' ORDER BY part)) FROM ("
        + catalogues.map { name, condition in
            """
            SELECT '\(name) ' || count(*) || ' ' || coalesce(sum(hashint8(xmin::text::bigint)), 0) AS part
            FROM pg_catalog.\(name) WHERE \(condition)
            """
        }.joined(separator: "\nUNION ALL ") + others + ") AS parts"

    /// What has no `xmin` that may be read: the names of who owns something here or may do something with it, and users of
    /// foreign servers.
    private static let others = """

        UNION ALL SELECT 'pg_roles ' || coalesce(sum(hashtext(oid || rolname)), 0) FROM pg_catalog.pg_roles
        WHERE oid IN (
            SELECT refobjid FROM pg_catalog.pg_shdepend WHERE refclassid = 'pg_catalog.pg_authid'::regclass
                AND dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
        UNION ALL SELECT 'pg_user_mappings ' || coalesce(sum(hashtext(u::text)), 0) FROM pg_catalog.pg_user_mappings AS u
        """

    /// Where the rows of a schema are. What initdb made keeps its numbers below 16384 (FirstNormalObjectId), and is left out
    /// where there is much of it.
    private static let catalogues: KeyValuePairs = [
        "pg_namespace": "true", "pg_extension": "true", "pg_language": "true", "pg_am": "true", "pg_enum": "true",
        "pg_inherits": "true", "pg_partitioned_table": "true", "pg_sequence": "true", "pg_trigger": "true",
        "pg_policy": "true", "pg_event_trigger": "true", "pg_default_acl": "true", "pg_seclabel": "true",
        "pg_transform": "true", "pg_foreign_data_wrapper": "true", "pg_foreign_server": "true",
        "pg_foreign_table": "true", "pg_publication": "true", "pg_publication_rel": "true",
        "pg_statistic_ext": "true", "pg_db_role_setting": "true", "pg_tablespace": "true",
        "pg_class": "oid >= 16384", "pg_type": "oid >= 16384", "pg_constraint": "oid >= 16384",
        "pg_attrdef": "oid >= 16384", "pg_rewrite": "oid >= 16384", "pg_proc": "oid >= 16384",
        "pg_operator": "oid >= 16384", "pg_opclass": "oid >= 16384", "pg_opfamily": "oid >= 16384",
        "pg_amop": "oid >= 16384", "pg_amproc": "oid >= 16384", "pg_cast": "oid >= 16384",
        "pg_collation": "oid >= 16384", "pg_conversion": "oid >= 16384", "pg_ts_config": "oid >= 16384",
        "pg_ts_dict": "oid >= 16384", "pg_ts_parser": "oid >= 16384", "pg_ts_template": "oid >= 16384",
        "pg_attribute": "attrelid >= 16384", "pg_index": "indrelid >= 16384", "pg_range": "rngtypid >= 16384",
        "pg_aggregate": "aggfnoid >= 16384", "pg_ts_config_map": "mapcfg >= 16384", "pg_depend": "objid >= 16384",
        "pg_description": "objoid >= 16384 OR classoid = 'pg_catalog.pg_namespace'::regclass",
    ]
}

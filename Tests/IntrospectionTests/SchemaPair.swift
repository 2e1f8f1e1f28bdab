import Testing

/// Two schemas of which the one is to become the other.
struct SchemaPair: Sendable, CustomTestStringConvertible {
    var name: String
    var from: String
    var to: String

    var testDescription: String { name }

    /// The corpus: each kind of object and each kind of trouble once.
    static let all = [
        SchemaPair(
            name: "a table from nothing", from: "",
            to: """
                CREATE SCHEMA shop;
                CREATE TABLE shop.items (id bigserial PRIMARY KEY, name text NOT NULL DEFAULT 'new', price numeric(10, 2) CHECK (price > 0));
                CREATE INDEX items_name ON shop.items (lower(name)) WHERE price > 1;
                COMMENT ON TABLE shop.items IS 'what''s sold';
                COMMENT ON COLUMN shop.items.price IS 'in euro';
                """),
        SchemaPair(
            name: "tables that point at each other go",
            from: """
                CREATE TABLE a (id serial PRIMARY KEY, b int);
                CREATE TABLE b (id serial PRIMARY KEY, a int REFERENCES a);
                ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
                """, to: ""),
        SchemaPair(
            name: "a type changes under views",
            from: """
                CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 1);
                CREATE VIEW v AS SELECT id, n + 1 AS m FROM t;
                CREATE VIEW w AS SELECT m FROM v;
                COMMENT ON VIEW w IS 'kept';
                GRANT SELECT ON w TO PUBLIC;
                """,
            to: """
                CREATE TABLE t (id int PRIMARY KEY, n bigint DEFAULT 2);
                CREATE VIEW v AS SELECT id, n + 1 AS m FROM t;
                CREATE VIEW w AS SELECT m FROM v;
                COMMENT ON VIEW w IS 'kept';
                GRANT SELECT ON w TO PUBLIC;
                """),
        SchemaPair(
            name: "enums grow and shrink",
            from: """
                CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TYPE size AS ENUM ('s', 'm', 'l');
                CREATE TABLE t (m mood DEFAULT 'sad', s size DEFAULT 's');
                CREATE VIEW v AS SELECT s FROM t;
                """,
            to: """
                CREATE TYPE mood AS ENUM ('awful', 'sad', 'fine', 'happy'); CREATE TYPE size AS ENUM ('s', 'l');
                CREATE TABLE t (m mood DEFAULT 'sad', s size DEFAULT 'l');
                CREATE VIEW v AS SELECT s FROM t;
                """),
        SchemaPair(
            name: "a serial becomes an identity",
            from: "CREATE TABLE t (id serial PRIMARY KEY, g int GENERATED ALWAYS AS (1) STORED);",
            to: """
                CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5) PRIMARY KEY,
                    g int GENERATED ALWAYS AS (2) STORED);
                """),
        SchemaPair(
            name: "partitions",
            from: "CREATE TABLE p (at date NOT NULL, n int) PARTITION BY RANGE (at);",
            to: """
                CREATE TABLE p (at date NOT NULL, n int, PRIMARY KEY (at)) PARTITION BY RANGE (at);
                CREATE INDEX p_n ON p (n);
                CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
                CREATE TABLE p2 PARTITION OF p DEFAULT;
                """),
        SchemaPair(
            name: "functions, triggers, rules, policies",
            from: """
                CREATE TABLE t (id int);
                CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
                CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TRIGGER one BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g();
                CREATE POLICY mine ON t USING (id > 0);
                """,
            to: """
                CREATE FUNCTION f(a int) RETURNS bigint LANGUAGE sql AS 'SELECT a::bigint';
                CREATE TABLE t (id int, m bigint DEFAULT f(1));
                CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
                CREATE TRIGGER one AFTER UPDATE OF id ON t FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION g();
                ALTER TABLE t ENABLE ROW LEVEL SECURITY;
                CREATE POLICY mine ON t FOR SELECT USING (id > 1);
                CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;
                CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
                """),
        SchemaPair(
            name: "domains and composites",
            from: """
                CREATE DOMAIN d AS int CHECK (VALUE > 0); CREATE TYPE pair AS (a int, b text);
                CREATE TABLE t (x d, y pair);
                """,
            to: """
                CREATE DOMAIN d AS int DEFAULT 5 NOT NULL CONSTRAINT big CHECK (VALUE > 1); CREATE TYPE pair AS (a int, c date);
                CREATE TABLE t (x d, y pair); CREATE TYPE span AS RANGE (SUBTYPE = float8);
                """),
        SchemaPair(
            name: "a table becomes a view of the same name",
            from: "CREATE TABLE t (id int); CREATE SEQUENCE s MAXVALUE 100;",
            to:
                "CREATE VIEW t AS SELECT 1 AS id; CREATE MATERIALIZED VIEW s AS SELECT id FROM t; CREATE INDEX i ON s (id);"
        ),
    ]
}

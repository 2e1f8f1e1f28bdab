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
            name: "keys and indexes of partitions",
            from: """
                CREATE TABLE p (a int NOT NULL, b int NOT NULL) PARTITION BY LIST (a);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
                CREATE TABLE p2 (a int NOT NULL, b int NOT NULL); CREATE UNIQUE INDEX own ON p2 (a, b);
                CREATE INDEX half ON ONLY p (b);
                CREATE UNIQUE INDEX q ON p (b, a); ALTER TABLE p1 ADD CONSTRAINT k UNIQUE USING INDEX p1_b_a_idx;
                """,
            to: """
                CREATE TABLE p (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1, 3);
                CREATE TABLE p2 (a int NOT NULL, b int NOT NULL, CONSTRAINT mine PRIMARY KEY (a, b));
                ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2);
                CREATE INDEX half ON p (b); ALTER TABLE p ADD CONSTRAINT seen CHECK (b > 0);
                CREATE TABLE f (a int, b int, FOREIGN KEY (a, b) REFERENCES p);
                """),
        SchemaPair(
            name: "what a change of type takes along",
            from: """
                CREATE TABLE t (a text, b text, c int, PRIMARY KEY (c));
                ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE MAIN;
                CREATE UNLOGGED TABLE u (c int PRIMARY KEY);
                CREATE TYPE pair AS (a int, b text); CREATE TABLE typed OF pair;
                """,
            to: """
                CREATE TABLE t (a varchar(9), b text, c int, PRIMARY KEY (c));
                ALTER TABLE t ALTER a SET STORAGE EXTERNAL;
                CREATE TABLE u (c int PRIMARY KEY, t int REFERENCES t); CREATE PUBLICATION p FOR TABLE u;
                CREATE TYPE pair AS (a int, c date); CREATE TABLE typed OF pair;
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
            name: "operators, casts, text search, statistics",
            from: """
                CREATE TABLE t (a int, b int); CREATE STATISTICS st ON a, b FROM t;
                CREATE TEXT SEARCH CONFIGURATION words (COPY = english);
                """,
            to: """
                CREATE TABLE t (a int, b int); CREATE STATISTICS st (ndistinct) ON a, b FROM t;
                CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = pg_catalog.simple, STOPWORDS = 'english');
                CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
                ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR word WITH plain, simple;
                CREATE TYPE pair AS (a int, b int);
                CREATE FUNCTION text_of(pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.a::text';
                CREATE CAST (pair AS text) WITH FUNCTION text_of(pair) AS ASSIGNMENT;
                CREATE FUNCTION same(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.a = $2.a';
                CREATE OPERATOR === (FUNCTION = same, LEFTARG = pair, RIGHTARG = pair, COMMUTATOR = ===);
                CREATE OPERATOR FAMILY ints USING btree;
                CREATE OPERATOR CLASS backwards FOR TYPE int USING btree FAMILY ints AS OPERATOR 1 >, OPERATOR 2 >=,
                    OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
                CREATE INDEX t_back ON t (a backwards);
                """),
        SchemaPair(
            name: "foreign data and publications",
            from: "CREATE TABLE t (a int PRIMARY KEY, b text); CREATE PUBLICATION p FOR TABLE t;",
            to: """
                CREATE TABLE t (a int PRIMARY KEY, b text);
                CREATE PUBLICATION p FOR TABLE t (a) WHERE (a > 1) WITH (publish = 'insert');
                CREATE PUBLICATION every FOR ALL TABLES;
                CREATE FOREIGN DATA WRAPPER w OPTIONS (debug 'true'); CREATE SERVER far FOREIGN DATA WRAPPER w OPTIONS (host 'a');
                CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (name 'x');
                CREATE FOREIGN TABLE elsewhere (n int OPTIONS (field 'm') NOT NULL, s text DEFAULT 'x') SERVER far OPTIONS (path 'p');
                COMMENT ON SERVER far IS 'away'; COMMENT ON FOREIGN TABLE elsewhere IS 'there';
                """),
        SchemaPair(
            name: "what other programs' tests found",
            from: """
                CREATE SEQUENCE bounded MINVALUE 1 MAXVALUE 50;
                CREATE TYPE old_state AS ENUM ('a', 'b'); CREATE TABLE items (state old_state DEFAULT 'a');
                CREATE TABLE parent (a int NOT NULL DEFAULT 1);
                CREATE TABLE whole (k text, id int, PRIMARY KEY (k, id)) PARTITION BY LIST (k);
                CREATE TABLE pointing (k text, id int, FOREIGN KEY (k, id) REFERENCES whole);
                """,
            to: """
                CREATE SEQUENCE bounded MINVALUE 100 MAXVALUE 200;
                CREATE TYPE new_state AS ENUM ('b', 'a'); CREATE TABLE items (state new_state DEFAULT 'b');
                CREATE TABLE parent (a int NOT NULL DEFAULT 1);
                CREATE TABLE child (b int) INHERITS (parent); ALTER TABLE child ALTER a SET DEFAULT 2;
                CREATE TABLE whole (k text, id int, PRIMARY KEY (k, id)) PARTITION BY LIST (k);
                CREATE TABLE part PARTITION OF whole FOR VALUES IN ('x');
                CREATE TABLE pointing (k text, id int, FOREIGN KEY (k, id) REFERENCES whole);
                CREATE TABLE local (k text, id int, FOREIGN KEY (k, id) REFERENCES part);
                CREATE TABLE orders (status varchar(10) CHECK (status IN ('a', 'b')));
                CREATE DOMAIN price AS numeric CHECK (VALUE >= 0); CREATE TYPE info AS (p price); CREATE TABLE goods (i info);
                """),
        SchemaPair(
            name: "a sequence gets another owner, and the old one goes",
            from: "CREATE SEQUENCE s MAXVALUE 100; CREATE TABLE t (n int); ALTER SEQUENCE s OWNED BY t.n;",
            to: "CREATE SEQUENCE s MAXVALUE 90; CREATE TABLE u (n int); ALTER SEQUENCE s OWNED BY u.n;"),
        SchemaPair(
            name: "a table becomes a view of the same name",
            from: "CREATE TABLE t (id int); CREATE SEQUENCE s MAXVALUE 100;",
            to:
                "CREATE VIEW t AS SELECT 1 AS id; CREATE MATERIALIZED VIEW s AS SELECT id FROM t; CREATE INDEX i ON s (id);"
        ),
        SchemaPair(
            name: "a partition leaves and comes back while an index of the whole goes",
            from: """
                CREATE TABLE p (a int NOT NULL, n int) PARTITION BY LIST (a); CREATE INDEX p_n ON p (n);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
                """,
            to: """
                CREATE TABLE p (a int NOT NULL, n int) PARTITION BY LIST (a);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1, 2);
                """),
        SchemaPair(
            name: "a child's settings are its own",
            from: """
                CREATE TABLE parent (n int DEFAULT 1, s text);
                CREATE TABLE child (m int) INHERITS (parent);
                """,
            to: """
                CREATE TABLE parent (n int DEFAULT 2, s text);
                CREATE TABLE child (m int) INHERITS (parent);
                ALTER TABLE ONLY parent ALTER n SET STATISTICS 300, ALTER s SET STORAGE EXTERNAL;
                ALTER TABLE child ALTER n SET STATISTICS 50, ALTER n DROP DEFAULT;
                """),
        SchemaPair(
            name: "a partition's own key is like the whole's",
            from: "",
            to: """
                CREATE TABLE p (a int NOT NULL, b int NOT NULL, UNIQUE (a, b)) PARTITION BY LIST (a);
                CREATE TABLE p1 PARTITION OF p (PRIMARY KEY (a, b)) FOR VALUES IN (1);
                CREATE INDEX p_b ON p (b); CREATE INDEX p1_own ON p1 (b);
                """),
        SchemaPair(
            name: "a function gets an argument more, under all that calls it",
            from: """
                CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';
                CREATE TABLE t (id int); CREATE VIEW v AS SELECT f(id) AS x FROM t; CREATE INDEX i ON t (f(id));
                """,
            to: """
                CREATE FUNCTION f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
                CREATE TABLE t (id int); CREATE VIEW v AS SELECT f(id) AS x FROM t; CREATE INDEX i ON t (f(id));
                """),
        SchemaPair(
            name: "a key becomes another under a foreign key",
            from: "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL); CREATE TABLE u (t int REFERENCES t);",
            to: """
                CREATE TABLE t (a int NOT NULL UNIQUE, b int, CONSTRAINT t_pkey PRIMARY KEY (a, b));
                CREATE TABLE u (t int REFERENCES t (a));
                """),
        SchemaPair(
            name: "a child comes while its parent's defaults change",
            from: "CREATE TABLE parent (a int DEFAULT 1, b int, c int DEFAULT 3);",
            to: """
                CREATE TABLE parent (a int DEFAULT 2, b int DEFAULT 2, c int);
                CREATE TABLE child (d int) INHERITS (parent);
                """),
        SchemaPair(
            name: "attributes of a composite type in use go and come",
            from: "CREATE TYPE c AS (a int, b text); CREATE TABLE t (x c, y c[]);",
            to: "CREATE TYPE c AS (a bigint, d date); CREATE TABLE t (x c, y c[]);"),
        SchemaPair(
            name: "a table's privileges go, and its columns' stay",
            from:
                "CREATE TABLE t (a int, b int); GRANT SELECT, UPDATE ON t TO PUBLIC; GRANT UPDATE (a) ON t TO PUBLIC;",
            to: "CREATE TABLE t (a int, b int); GRANT SELECT ON t TO PUBLIC; GRANT UPDATE (a) ON t TO PUBLIC;"),
        SchemaPair(
            name: "a collation changes where the storage is unusual",
            from: "CREATE TABLE t (a text); ALTER TABLE t ALTER a SET STORAGE EXTERNAL;",
            to: "CREATE TABLE t (a text COLLATE \"C\"); ALTER TABLE t ALTER a SET STORAGE EXTERNAL;"),
        SchemaPair(
            name: "a partition comes to an index that is there",
            from: """
                CREATE TABLE p (a int, n int) PARTITION BY LIST (a); CREATE INDEX p_n ON p (n DESC);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
                """,
            to: """
                CREATE TABLE p (a int, n int CONSTRAINT late CHECK (n > 0)) PARTITION BY LIST (a); CREATE INDEX p_n ON p (n DESC);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
                CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); CREATE INDEX p2_a ON p2 (a);
                """),
        SchemaPair(
            name: "a sequence comes to somebody else's table",
            from: "CREATE TABLE t (n int); ALTER TABLE t OWNER TO pg_monitor; CREATE TABLE u (n int);",
            to: """
                CREATE TABLE t (n int); CREATE SEQUENCE t_s OWNED BY t.n; ALTER TABLE t OWNER TO pg_monitor;
                CREATE TABLE u (n int); CREATE SEQUENCE u_s OWNED BY u.n; ALTER TABLE u OWNER TO pg_monitor;
                """),
    ]
}

import SQLText
import Testing

@Suite struct SecretsTests {
    @Test(arguments: [
        (
            "CREATE ROLE a LOGIN PASSWORD 's3cret' VALID UNTIL 'infinity'",
            "CREATE ROLE a LOGIN PASSWORD '***' VALID UNTIL 'infinity'"
        ),
        ("ALTER ROLE a password /* x */ E'it\\'s'", "ALTER ROLE a password /* x */ '***'"),
        ("ALTER ROLE a PASSWORD $$s3cret$$", "ALTER ROLE a PASSWORD '***'"),
        (
            "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password 'p')",
            "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password '***')"
        ),
        (
            "CREATE SUBSCRIPTION s CONNECTION 'host=h password=p' PUBLICATION p",
            "CREATE SUBSCRIPTION s CONNECTION '***' PUBLICATION p"
        ),
        ("SELECT dblink_connect('host=h PASSWORD = p')", "SELECT dblink_connect('***')"),
        ("SELECT f('postgresql://u:p@h/d')", "SELECT f('***')"),
        ("ALTER ROLE a PASSWORD 's3cr", "ALTER ROLE a PASSWORD …"),
        ("CREATE TABLE t (password text DEFAULT 'x')", "CREATE TABLE t (password text DEFAULT 'x')"),
        ("SELECT 'plain', \"password\"", "SELECT 'plain', \"password\""), ("", ""),
    ])
    func whatMustNotBeShownIsHidden(_ sql: String, _ shown: String) {
        #expect(Secrets.hidden(in: sql) == shown)
    }

    @Test(arguments: [
        (
            "UPDATE t SET a = 'x@y', b = -1.5e3 WHERE \"c\" IN (1, 2)",
            "UPDATE t SET a = ?, b = -? WHERE \"c\" IN (?, ?)"
        ),
        ("SELECT E'it\\'s', $$dollar$$, U&'x', $1", "SELECT ?, ?, ?, $1"),
        ("SELECT /* Mata Hari */ 1 -- and Margaretha", "SELECT  ? "), ("SELECT f('Mata H", "SELECT f(…"), ("", ""),
        (
            "autovacuum: VACUUM public.t (to prevent wraparound)", "autovacuum: VACUUM public.t (to prevent wraparound)"
        ),
    ])
    func somebodyElsesStatementIsShownWithoutValues(_ sql: String, _ shown: String) {
        #expect(Secrets.withoutValues(in: sql) == shown)
    }
}

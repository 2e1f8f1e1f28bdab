import Testing

@testable import Host

@Suite struct CopiedRowsTests {
    private static let script = """
        CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$
        COPY public.f FROM stdin;
        $$;
        -- Data for Name: a; Type: TABLE DATA; Schema: public; Owner: x
        --

        COPY public.a (id, "x""y") FROM stdin;
        1\\tone

        \\\\.
        \\.


        -- Data for Name: b.c; Type: TABLE DATA; Schema: s "q"; Owner: x
        COPY "s ""q"".".\"b.c" () FROM stdin;
        \\.
        COPY public.g FROM stdin;
        SELECT 1;

        """

    @Test(arguments: [1, 2, 3, 7, 4096])
    func countsRowsHoweverTheScriptIsCut(_ size: Int) {
        var rows = CopiedRows()
        let bytes = Array(Self.script.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { rows.take($0) }
        }
        let expected = [("public", "a", 3), ("s \"q\".", "b.c", 0)].map {
            PostgresTools.RowCount(schema: $0, table: $1, rows: $2)
        }
        #expect(rows.counts == expected)
    }
}

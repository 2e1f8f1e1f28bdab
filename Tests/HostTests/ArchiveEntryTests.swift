import Testing

@testable import Host

@Suite struct ArchiveEntryTests {
    @Test(
        arguments: [
            ("3348; 0 16388 TABLE DATA public big owner", 3348, "public big owner", false),
            // A table in a schema that is called like a kind.
            ("211; 1259 16385 TABLE DATA users owner", 211, nil, false),
            ("3400; 0 0 ACL public TABLE big owner", 3400, nil, true),
            ("2100; 826 16500 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES owner", 2100, nil, true),
            ("3200; 2604 16388 DEFAULT ACL big n owner", 3200, nil, false),
        ] as [(String, Int, String?, Bool)])
    func whatAnEntryIs(_ line: String, number: Int, data: String?, isGrant: Bool) throws {
        let entry = try #require(ArchiveEntry(line))
        #expect(entry.number == number && entry.tableData.map(String.init) == data && entry.isGrant == isGrant)
    }

    @Test(arguments: [
        "", ";", "; Selected TOC Entries:", ";     dbname: a", "12 0 0 TABLE", "x; 0 0 TABLE a b", "7; 0 0",
    ])
    func whatIsNone(_ line: String) { #expect(ArchiveEntry(line) == nil) }

    @Test func namesMayHaveBlanks() throws {
        let entry = try #require(ArchiveEntry("7; 2606 1 FK CONSTRAINT my  schema a b fk owner"))
        #expect(entry.rest(after: "FK CONSTRAINT") == "my  schema a b fk owner")
        #expect(entry.rest(after: "CONSTRAINT") == nil && entry.object == 1 && entry.catalogue == 2606)
    }
}

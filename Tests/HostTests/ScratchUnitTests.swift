import Host
import Testing

@Suite struct ScratchUnitTests {
    @Test func aUnitThatDoesNotListenIsNamed() async throws {
        let root = try TemporaryDirectory()
        let tools = try await PostgresTools.discover(serverVersion: 0, withServer: true)
        let error = await #expect(throws: ToolError.self) {
            _ = try await ScratchUnit.start(
                root("nobody"), tools: tools, roles: ["a"], settings: [:], templates: root("templates"))
        }
        #expect(error?.hint == "start the unit: systemctl start migrated-copy.socket")
    }

    @Test func aRoleThatCannotBeWrittenDownIsRefused() throws {
        let root = try TemporaryDirectory()
        let visitor = ClusterVisitor(name: "me", roles: ["good", "a \"b\""], socketDirectory: root("s"))
        #expect(throws: FileError.self) { try visitor.admit(to: root("")) }
        try ClusterVisitor(name: "me", roles: ["good", "Ä b"], socketDirectory: root("s")).admit(to: root(""))
        let map = try TextFiles.readText(root("pg_ident.conf"), limit: 1000)
        #expect(map == "visitor \"me\" \"good\"\nvisitor \"me\" \"Ä b\"\n")
    }
}

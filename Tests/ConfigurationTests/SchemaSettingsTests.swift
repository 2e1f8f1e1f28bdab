import Planning
import SchemaModel
import Testing

@testable import Configuration

@Suite("the settings of schemas and of drift")
struct SchemaSettingsTests {
    @Test("every key is taken over, and relative files are those beside the settings")
    func everything() throws {
        let main = try #require(
            try judge(
                minimal + """
                    [database.main.schema]
                    files = ["schema.sql", "/srv/more"]
                    roles = "readers"
                    schemas = ["app_*"]
                    ignore = "public.tmp_*"
                    ignore_kinds = ["comment", "materialized view"]
                    [database.main.drift]
                    policy = "refuse"
                    interval = "0s"
                    """
            ).database(named: "main"))
        #expect(main.schema.desired == .files(["/etc/migrated/schema.sql", "/srv/more"]))
        #expect(main.schema.roles == ["readers"])
        #expect(
            main.schema.selection
                == SchemaSelection(
                    schemas: ["app_*"], ignored: ["public.tmp_*"], ignoredKinds: [.comment, .materializedView]))
        #expect(main.drift.policy == .refuse && main.drift.interval == nil)
        let silent = try #require(try judge(minimal).database(named: "main"))
        #expect(silent.schema == SchemaSettings() && silent.drift.policy == .tell)
        #expect(silent.drift.interval == .seconds(3600))
    }

    @Test("what cannot be meant is told")
    func bad() {
        let found = problems(
            minimal + """
                [database.main.schema]
                files = "a.sql"
                command = ["x"]
                ignore_kinds = ["tabel"]
                [database.main.drift]
                policy = "warn"
                """
        ).map(\.description).joined(separator: "\n")
        for text in ["this and files exclude each other", "\"tabel\" is no kind of object", "\"warn\" is not known"] {
            #expect(found.contains(text), "\(text) in \(found)")
        }
    }
}

import Testing

@testable import Revisions

@Suite("file names by Alembic's templates")
struct FileNameTemplateTests {
    private let header = RevisionHeader(id: "ae10", description: "Add a Thing!", created: "2026-02-03T04:05:06Z")

    @Test(
        "tokens",
        arguments: [
            ("%(rev)s_%(slug)s", "ae10_add_a_thing.sql"), ("%(slug)s-%(rev)s", "add_a_thing-ae10.sql"),
            ("%(year)d_%(month).2d_%(day)02d_%(hour).2d%(minute).2d%(second)s_%(rev)s", "2026_02_03_04056_ae10.sql"),
            ("%(epoch)s_%(rev)s", "1770091506_ae10.sql"), ("%(year)d/%(rev)s", "2026/ae10.sql"),
            ("100%%_%(rev)s", "100%_ae10.sql"),
        ])
    func names(template: String, name: String) throws {
        #expect(SQLFormat().fileName(for: header, template: try FileNameTemplate(parsing: template)) == name)
    }

    @Test("without a message nothing hangs on the separator")
    func bare() {
        #expect(SQLFormat().fileName(for: RevisionHeader(id: "a")) == "a.sql")
    }

    @Test("the standard one is what it says")
    func standard() throws {
        #expect(try FileNameTemplate(parsing: FileNameTemplate.standard.description) == .standard)
        #expect(!FileNameTemplate.standard.makesDirectories)
    }

    @Test(
        "what is none",
        arguments: [
            ("%(rev)s_%(week)s", "the token \"week\" is not known"), ("%(rev)s%", "a percent sign stands alone"),
            ("%(rev)s_%(year", "a percent sign stands alone"), ("%(slug)s", "would give two revisions the same file"),
            ("/tmp/%(rev)s", "cannot name a file below"), ("../%(rev)s", "cannot name a file below"),
            ("", "cannot name"),
            ("%(rev)x", "has no end"), ("%(rev).2s", "has a width"), ("%(year).99d_%(rev)s", "has a width"),
        ])
    func problems(template: String, message: String) {
        let problem = #expect(throws: FileNameTemplate.Problem.self) { try FileNameTemplate(parsing: template) }
        #expect(problem?.message.contains(message) == true, "\(problem?.message ?? "")")
    }
}

import Testing

/// Each rule finds what it is for, and lets pass what it is not for.
@Suite("the rules of the house find what they are for")
struct RulesTests {
    private func file(_ text: String, _ path: String = "Sources/Engine/Thing.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    private func lines(_ findings: [TidyFinding]) -> [Int] { findings.map(\.line) }

    @Test(
        "imports that the table does not have",
        arguments: [
            ("Sources/SQLText/A.swift", "import Foundation"),
            ("Sources/SQLText/A.swift", "import FoundationEssentials"),
            ("Sources/Planning/A.swift", "@preconcurrency import Dispatch"),
            ("Sources/Planning/A.swift", "import PostgresClient"),
            ("Sources/Commands/A.swift", "internal import Engine"),
            ("Sources/migratectl/A.swift", "public import Engine"),
            ("Sources/Varlink/A.swift", "import struct Planning.Plan"),
            ("Sources/Daemon/A.swift", "import class Foundation.Thread"),
            ("Sources/Nobody/A.swift", "let a = 1"), ("Sources/Host/A.swift", "  import Engine; import Glibc"),
        ])
    func badImports(path: String, text: String) {
        #expect(lines(ImportRules.findings(in: file(text, path))) == [1])
    }

    @Test(
        "imports that the table has, and what only looks like one",
        arguments: [
            ("Sources/SQLText/A.swift", "// import Foundation\nlet a = \"import Foundation\""),
            (
                "Sources/SQLText/A.swift",
                "/* a\nimport Foundation\n*/\nlet text = \"\"\"\n    import Foundation\n    \"\"\""
            ),
            ("Sources/Revisions/A.swift", "internal import Digest\nimport SQLText"),
            ("Sources/Configuration/A.swift", "internal import TOMLKit\nimport struct Planning.Plan"),
            ("Sources/TestSupport/A.swift", "import Foundation"),
        ])
    func goodImports(path: String, text: String) {
        #expect(ImportRules.findings(in: file(text, path)) == [])
    }

    @Test("a table that mixes the floors is refused")
    func tables() {
        #expect(ImportRules.objections(to: ["SQLText": TargetImports(others: ["Glibc"])]).count == 1)
        #expect(ImportRules.objections(to: ["SQLText": TargetImports(["Host"])]).count == 1)
        #expect(ImportRules.objections(to: ["Host": TargetImports(others: ["Foundation"])]).count == 1)
        let through = ["Commands": TargetImports(["Control"]), "Control": TargetImports(["Engine"])]
        #expect(ImportRules.objections(to: through) == ["Commands reaches Engine"])
        let circle = ["Host": TargetImports(["Systemd"]), "Systemd": TargetImports(["Host"])]
        #expect(ImportRules.objections(to: circle).count == 2)
    }

    @Test("files that are too long")
    func fileLength() {
        let longest = String(repeating: "x\n", count: 400)
        #expect(FormRules.fileLength(file(longest)) == [])
        #expect(lines(FormRules.fileLength(file(longest + "x\n"))) == [401])
        #expect(lines(FormRules.fileLength(file(longest + "x"))) == [401])
    }

    @Test("functions that are too long")
    func functionLengths() {
        let body = String(repeating: "        call { $0 }\n", count: 70)
        let texts = [
            "struct A {\n    func a() {\n\(body)    }\n}",
            "struct A {\n    init(\n        a: Int\n    ) throws {\n\(body)    }\n}",
            "struct A {\n    deinit {\n\(body)    }\n}",
        ]
        for text in texts {
            #expect(FormRules.functionLengths(file(text)) == [], "\(text.prefix(40))")
            let longer = text.replacing(body, with: body + "        one(more)\n")
            #expect(FormRules.functionLengths(file(longer)).count == 1, "\(text.prefix(40))")
        }
        let braces = "func a() {\n    let text = \"{{{\" // {{{\n\(body)}\nfunc b() {\n}\n"
        #expect(lines(FormRules.functionLengths(file(braces))) == [1])
        let `protocol` = "protocol P {\n    func a()\n}\nstruct S {\n\(body)    one(more)\n}\n"
        #expect(FormRules.functionLengths(file(`protocol`)) == [])
        let defaults = "func a(b: () -> Void = {}) {\n\(body)    one(more)\n}\n"
        #expect(lines(FormRules.functionLengths(file(defaults))) == [1])
    }

    @Test(
        "names that say nothing",
        arguments: [
            ("Sources/Engine/StringUtils.swift", "let a = 1"), ("Sources/Engine/Helpers.swift", "let a = 1"),
            ("Sources/Engine/A.swift", "struct JobManager {}"),
            ("Sources/Engine/A.swift", "public final class FileHelper: Sendable {"),
            ("Sources/Engine/A.swift", "    enum Common {"), ("Sources/Engine/A.swift", "public actor Engine {"),
        ])
    func badNames(path: String, text: String) {
        #expect(lines(FormRules.names(file(text, path))) == [1])
    }

    @Test(
        "names that are none of the rule's business",
        arguments: [
            "let manager = serviceManager", "// struct JobManager", "struct CommonAncestor {", "extension Engine {",
            "struct A { enum Kind { case Manager } }",
        ])
    func goodNames(text: String) {
        #expect(FormRules.names(file(text)) == [])
    }

    @Test(
        "words that are not for this house",
        arguments: [
            "let a = try! b()", "let a = b as! C", "default: fatalError(\"x\")", "Thread.sleep(forTimeInterval: 1)",
            "String(format: \"%d\", 1)", "has! ? try! a : b",
        ])
    func badWords(text: String) {
        #expect(lines(FormRules.words(file("let a = 1\n" + text))) == [2])
    }

    @Test(
        "words that only look like those",
        arguments: [
            "// never try! this", "let a = \"try! again\"", "let was = has != b", "let retry = 1; retry!",
            "myfatalError()", "#\"as!\"#", "\"\\(a) as! \\(\"as!\")\"",
        ])
    func goodWords(text: String) {
        #expect(FormRules.words(file(text)) == [])
    }

    @Test(
        "public declarations that nobody explains",
        arguments: [
            "public struct A {", "    public static func a() {", "// a comment\npublic enum A {",
            "}\n@discardableResult\npublic func a() {", "    public var a: Int { 1 }", "public let shared = 1",
            "/// A.\npublic struct A: Sendable, Equatable {\n    public func a() {}\n}",
            "/// A.\npublic struct A {\n    public struct B {}\n}",
            "extension A: P {\n}\nextension A {\n    public func b()\n}",
            "/// A.\npublic struct A {\n    public init(text: String) throws {\n        a = try read(text)\n    }\n}",
        ])
    func undocumented(text: String) {
        #expect(DocumentationRule.findings(in: file(text)).count == 1)
    }

    @Test(
        "declarations that need no explanation, or have one",
        arguments: [
            "/// What it is.\npublic struct A {", "/// What it is.\n@frozen\npublic struct A {", "struct A {",
            "public extension A {", "public import SQLText", "let text = \"public struct A {\"",
            "/// Long.\n///\n/// More.\n@available(*, deprecated)\n    public func a() {",
            "/// A.\npublic struct A {\n    public var a: Int\n    public init(a: Int) {\n        self.a = a\n    }\n}",
            "extension A: Sequence {\n    public func makeNext() {}\n    public var first: Int { 1 }\n}",
            "/// A.\npublic enum A: ControlMethod {\n    public typealias B = Int\n    public struct Reply {}\n}",
            "/// A.\npublic struct A {\n    public var description: String { text }\n    public static func == (a: A, b: A) -> Bool {",
        ])
    func documented(text: String) {
        #expect(DocumentationRule.findings(in: file(text)) == [])
    }

    @Test("paths of one machine", arguments: FormRules.machineWords)
    func machinePaths(word: String) {
        #expect(lines(FormRules.machinePaths(file("// a\nlet a = \"\(word)x\""))) == [2])
        #expect(FormRules.machinePaths(file("let a = \"/etc/migrated\"")) == [])
    }

    @Test("a catalogue and sources that disagree")
    func catalogue() {
        let first = String(repeating: "a", count: 32)
        let second = String(repeating: "b", count: 32)
        let good = "-- \(first)\nSubject: A\n\nText.\n\n-- \(second)\nSubject: B\n\nText.\n"
        let sends = [file("let a = \"\(first)\"\nlet b = \"\(second)\"")]
        #expect(CatalogueRules.findings(catalogue: good, sources: sends) == [])
        #expect(CatalogueRules.findings(catalogue: good, sources: []) == [])
        #expect(lines(CatalogueRules.findings(catalogue: good, sources: [file("let a = \"\(first)\"")])) == [6])
        #expect(lines(CatalogueRules.findings(catalogue: "-- \(first)\nSubject: A\n", sources: sends)) == [2])
        #expect(lines(CatalogueRules.findings(catalogue: good + "-- \(first)\nSubject: C\n", sources: sends)) == [10])
        #expect(lines(CatalogueRules.findings(catalogue: "-- zz\nSubject: C\n", sources: [])) == [1])
        #expect(lines(CatalogueRules.findings(catalogue: "-- \(first)\nText\n", sources: [])) == [1])
        #expect(lines(CatalogueRules.findings(catalogue: "", sources: [])) == [1])
    }

    @Test("replacements of the proof whose text is gone")
    func proof() {
        let script = #"""
            without_a() {
                replace Sources/A.swift \
                    'a "b"
                c' 'd'
                replace Sources/A.swift "e \\ 'f' \"g\"" 'h'
            }
            """#
        let found = ProofRules.replacements(in: script)
        #expect(found.map(\.from) == ["a \"b\"\n    c", #"e \ 'f' "g""#])
        #expect(found.map(\.to) == ["d", "h"])
        func lines(_ text: String) -> [Int] {
            self.lines(ProofRules.findings(script: script) { $0 == "Sources/A.swift" ? text : "" })
        }
        #expect(lines("a \"b\"\n    c; e \\ 'f' \"g\"") == [])
        #expect(lines("a \"b\"\n    c") == [5])
        #expect(lines("") == [2, 5])
        #expect(ProofRules.findings(script: "replace() {", text: { $0 }).count == 1)
    }

    @Test("comments and texts are blanked, and lines stay where they are")
    func blanker() {
        func blanked(_ text: String) -> String {
            var blanker = CodeBlanker(text)
            return blanker.blanked()
        }
        #expect(blanked("a // b\nc") == "a     \nc")
        #expect(blanked("a /* b /* c */ d */ e") == "a" + String(repeating: " ", count: 19) + "e")
        #expect(blanked("\"a\\\"b\" c") == "\"    \" c")
        #expect(blanked("\"\"\"\na \" b\n\"\"\" c") == "\"\"\"\n     \n\"\"\" c")
        #expect(blanked("#\"a\"b\"# c") == " \"   \"  c")
        #expect(blanked("\"\\(f(\"x\"))\" + y") == "\"         \" + y")
    }

    @Test("the README's rows of failures and settings, and its places")
    func readme() {
        let register = """
                case noSuchJob = "no-such-job"
                case usage = "usage"
                    case .noSuchJob:
                        (15, "No job has that name.")
                    case .usage: (64, "Not understood.")
            """
        let good = "| 15 | `no-such-job` | No job has that name. |\n| 64 | `usage` | Not understood. |\n"
        #expect(ReadmeRules.failures(register: register, readme: good) == [])
        let bad = "| 15 | `no-such-job` | No job. |\n| 64 | `usage` | Not understood. |\n"
        #expect(ReadmeRules.failures(register: register, readme: bad).map(\.line) == [1, 1])
        #expect(ReadmeRules.failures(register: "", readme: "").count == 1)
        #expect(ReadmeRules.settings(sample: "#keep = 7\n# How many = are kept", readme: "\n| `keep` | 7 |").isEmpty)
        #expect(ReadmeRules.settings(sample: "#keep = 7\n", readme: "nothing").count == 1)
        let places = ReadmeRules.places(readme: "see `Sources/A` and `Sources/B`, not `make x`") { $0 == "Sources/A" }
        #expect(places.count == 1)
    }
}

import Testing

/// The rules of the house, held over the sources as they are.
@Suite("the house is tidy")
struct HouseTests {
    private func expectNone(_ findings: [TidyFinding], sourceLocation: SourceLocation = #_sourceLocation) {
        let report = findings.map(\.description).joined(separator: "\n")
        #expect(findings.isEmpty, Comment(rawValue: report), sourceLocation: sourceLocation)
    }

    @Test("there is something to look at")
    func notEmpty() throws {
        let files = try Repository.sources.get()
        #expect(files.count > 10)
        #expect(files.allSatisfy { !$0.text.isEmpty })
    }

    @Test("each target imports what the table allows, and the table keeps the floors apart")
    func imports() throws {
        #expect(ImportRules.objections(to: ImportRules.table) == [])
        expectNone(try Repository.sources.get().flatMap { ImportRules.findings(in: $0) })
    }

    @Test("files and functions are short, names speak, public things are explained, nothing ends the process")
    func form() throws {
        expectNone(try Repository.sources.get().flatMap { FormRules.findings(in: $0) })
    }

    @Test("tests are short, too, and wait for events instead of sleeping")
    func tests() throws {
        let files = try Repository.swiftFiles(in: "Tests").filter { !$0.path.hasPrefix("Tests/TidyTests/") }
        for file in files {
            expectNone(FormRules.fileLength(file) + FormRules.functionLengths(file))
            expectNone(FormRules.names(file) + FormRules.machinePaths(file))
            expectNone(FormRules.words(file).filter { $0.message.contains("sleep") })
        }
    }

    @Test("no file of the repository names a place that only one machine has")
    func machinePaths() throws {
        for directory in ["migrations", "systemd", "etc", "scripts"] where Repository.has(directory) {
            for path in try Repository.paths(in: directory) {
                expectNone(FormRules.machinePaths(SourceFile(path: path, text: try Repository.text(path))))
            }
        }
        for path in ["Makefile", "Package.swift", "README.md", ".ci/run"] where Repository.has(path) {
            expectNone(FormRules.machinePaths(SourceFile(path: path, text: try Repository.text(path))))
        }
    }

    @Test("the journal's catalogue explains each event that is sent, once")
    func catalogue() throws {
        let sources = try Repository.sources.get()
        let catalogue = try Repository.text("systemd/migrated.catalog")
        expectNone(CatalogueRules.findings(catalogue: catalogue, sources: sources))
    }

    @Test("the proof of the torture takes out what there is")
    func proof() throws {
        expectNone(ProofRules.findings(script: try Repository.text(ProofRules.path), text: Repository.text))
    }

    @Test("the README has every failure, every setting, and only places that there are")
    func readme() throws {
        let readme = try Repository.text(ReadmeRules.path)
        let register = try Repository.text("Sources/Planning/Job/FailureCode.swift")
        expectNone(ReadmeRules.failures(register: register, readme: readme))
        expectNone(ReadmeRules.settings(sample: try Repository.text("etc/migrated.toml"), readme: readme))
        expectNone(ReadmeRules.places(readme: readme, exists: Repository.has))
    }
}

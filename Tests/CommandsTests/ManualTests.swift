import Planning
import Testing

@testable import Commands

@Suite("The manual page of migratectl")
struct ManualTests {
    private func page() async -> String { await Place().run(["debug", "manual"]).output }

    @Test("every verb and every option of it is there")
    func verbs() async throws {
        let lines = Set(await page().split(separator: "\n"))
        let verbs = try CommandDescription(of: RootCommand.self).verbs
        #expect(verbs.count > 30)
        for (name, command) in verbs {
            #expect(lines.contains(".Ss \(ManualText.escaped(name))"[...]), "\(name)")
            for argument in command.ownArguments(besides: ["--help"]) {
                for option in argument.names ?? [] {
                    let term = "Fl \(ManualText.escaped(option.text.dropFirst()))"
                    #expect(lines.contains { $0.contains(term) }, "\(name) \(option.text)")
                }
            }
        }
        // Each verb that `--help` lists is among them, and what is hidden is not.
        let names = Set(verbs.compactMap { $0.name.split(separator: " ").first.map(String.init) })
        #expect(names == Set(RootCommand.verbs).subtracting(["debug"]))
    }

    @Test("every exit status is there with its name")
    func statuses() async {
        let page = await page()
        for code in Failure.Code.allCases {
            #expect(page.contains(".It \(code.exitStatus) Pq Li \(ManualText.escaped(code.rawValue))\n"))
        }
    }

    @Test("nothing in a text is taken for a macro or an escape")
    func escapes() {
        #expect(ManualText.paragraph(".env is read. So is 'x' \\ …") == "\\&.env is read.\nSo is 'x' \\e \\[u2026]\n")
        let long = ManualText.paragraph(String(repeating: "word ", count: 60))
        #expect(long.split(separator: "\n").allSatisfy { $0.utf8.count < 80 })
        #expect(
            ManualText.discussion("One.\n\n  a --b\n  c")
                == ".Pp\nOne.\n.Bd -literal -offset indent\na \\-\\-b\nc\n.Ed\n")
    }

    @Test("completions come from the parser", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async {
        let outcome = await Place().run(["--generate-completion-script", shell])
        #expect(outcome.status == 0)
        for verb in RootCommand.verbs where verb != "debug" { #expect(outcome.output.contains(verb)) }
    }
}

import ArgumentParser
import Glibc

/// `migratectl debug`: answers of the parsers and the graph, for tests, as a line of JSON for a line of JSON; and what
/// `make install` needs to know.
struct DebugCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug", abstract: "Answer questions about SQL and graphs, as JSON lines.", shouldDisplay: false,
        subcommands: [
            DebugResolve.self, DebugSplit.self, DebugClassify.self, DebugLint.self, DebugSchemas.self,
            DebugManual.self,
        ])
}

struct DebugResolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "What Alembic's commands would do on a graph.")

    func run() async throws { try JSONLines.answer(ResolveOracle.answer(line:)) }
}

struct DebugSplit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split", abstract: "The statements of a text.")

    func run() async throws { try JSONLines.answer(SplitOracle.answer(line:)) }
}

struct DebugClassify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify", abstract: "What kind of statement a text is.")

    func run() async throws { try JSONLines.answer(ClassifyOracle.answer(line:)) }
}

struct DebugLint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "What is guessed from the text of an upgrade.")

    func run() async throws { try JSONLines.answer(LintOracle.answer(line:)) }
}

struct DebugManual: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "The page migratectl(1), in mdoc.")

    func run() async throws {
        guard CommandContext.current.output.write(try ManualPage().source) else { throw OutputClosed() }
    }
}

/// Reads questions, a line each, and writes the answers in the same order.
enum JSONLines {
    static func answer(_ answer: (String) -> String) throws {
        let output = CommandContext.current.output
        // Each answer is written at once where somebody waits for it, else many together.
        let isInteractive = isatty(STDIN_FILENO) == 1 || output.isTerminal
        var pending = ""
        while let line = readLine() {
            guard !line.isEmpty else { continue }
            pending += answer(line) + "\n"
            if isInteractive || pending.utf8.count > 1 << 16 {
                guard output.write(pending) else { throw OutputClosed() }
                pending = ""
            }
        }
        guard pending.isEmpty || output.write(pending) else { throw OutputClosed() }
    }
}

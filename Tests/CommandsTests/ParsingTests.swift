import ArgumentParser
import Revisions
import Testing
import Varlink

@testable import Commands

@Suite("The command line")
struct ParsingTests {
    private func parse<C>(_ line: String, as: C.Type = C.self) throws -> C {
        let arguments = line.split(separator: " ").map(String.init)
        return try #require(try RootCommand.parseAsRoot(TargetArgument.shield(arguments)) as? C)
    }

    @Test("relative targets are arguments, not options", arguments: ["-1", "-12", "+1", "ae10-2", "b@-1", "head"])
    func targets(target: String) throws {
        #expect(try parse("downgrade \(target)", as: DowngradeCommand.self).target.text == target)
        #expect(try parse("upgrade --no-block \(target)", as: UpgradeCommand.self).target.text == target)
        #expect(try parse("downgrade \(target) -d main", as: DowngradeCommand.self).target.text == target)
        #expect(try parse("plan --downgrade \(target)", as: PlanCommand.self).target.text == target)
        #expect(try parse("approve \(target) 002", as: ApproveCommand.self).revisions.map(\.text) == [target, "002"])
    }

    @Test(
        "what all verbs share is understood before and after the verb",
        arguments: [
            "-d main --json --socket /s jobs", "jobs -d main --json --socket /s",
            "--json jobs --socket=/s --database main",
            "--socket /s jobs --json -d main",
        ])
    func globals(line: String) throws {
        let options = try parse(line, as: JobsCommand.self).options
        #expect(options.database == "main")
        #expect(options.json)
        #expect(options.socketPath([:]) == "/s")
    }

    @Test("the socket: the flag, then the environment, then the usual place")
    func socket() throws {
        let options = try parse("jobs", as: JobsCommand.self).options
        #expect(options.socketPath([:]) == "/run/migrated/io.migrated.Control")
        #expect(options.socketPath(["MIGRATED_SOCKET": "/e"]) == "/e")
        let given = try parse("jobs --socket /f", as: JobsCommand.self).options
        #expect(given.socketPath(["MIGRATED_SOCKET": "/e"]) == "/f")
    }

    @Test("upgrade goes to head unless told otherwise")
    func defaults() throws {
        let upgrade = try parse("upgrade", as: UpgradeCommand.self)
        #expect(upgrade.target.text == "head")
        #expect(!upgrade.flags.queue.noBlock)
    }

    @Test(
        "what is not understood ends with status 64 and a hint",
        arguments: [
            "upgrade --frob", "downgrade", "job", "job nonsense", "resolve main-1 --maybe -r x", "resolve main-1 -r x",
            "resolve main-1 --retry", "upgrade --yes",
            "stamp", "upgrade -o file", "upgrade --sql --approve", "stamp --sql --no-block a", "plan -o file",
        ])
    func usage(line: String) async {
        let outcome = await Place().run(line.split(separator: " ").map(String.init))
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("migratectl: cannot read the command line: "))
        let verb = line.split(separator: " ").first ?? ""
        #expect(outcome.errors.hasSuffix("hint: see migratectl \(verb) --help\n"))
    }

    @Test("a verb that there is not", arguments: [("frob", "see migratectl --help"), ("stat", "did you mean status?")])
    func unknownVerb(name: String, hint: String) async {
        let outcome = await Place().run([name])
        #expect(outcome.status == 64)
        #expect(outcome.errors == "migratectl: cannot \(name): there is no such verb\nhint: \(hint)\n")
    }

    @Test("help and version are no errors, and what is hidden stays so")
    func help() async {
        let help = await Place().run(["--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("upgrade"))
        #expect(!help.output.contains("debug"))
        #expect(await Place().run(["--version"]).output == "0.1.0\n")
        for verb in RootCommand.configuration.subcommands {
            let outcome = await Place().run([verb.configuration.commandName ?? "", "--help"])
            #expect(outcome.status == 0)
            #expect(!verb.configuration.abstract.isEmpty)
        }
    }

    @Test(
        "a verb that reads its arguments alone reads what the whole program reads",
        arguments: [
            "status", "status --json -d app --socket /x", "upgrade", "upgrade +2 --no-block --yes=no",
            "upgrade --json a", "history -v --limit 3", "downgrade -1", "status frob", "status --frob",
            "status --version", "status --help", "status -h", "status --experimental-dump-help",
            "upgrade --generate-completion-script bash",
            "help status", "--json status", "-d app --socket /x status --json", "-d status upgrade", "-d status",
            "--json",
            "-d a status -d b", "--frob status", "--json --help status", "--local status --socket /x", "-d show show a",
            "--json debug split", "debug", "debug help", "debug split", "import", "job main-1", "job x",
            "status --local --socket /x", "upgrade -- -1", "",
        ])
    func alone(line: String) {
        let arguments = TargetArgument.shield(line.split(separator: " ").map(String.init))
        let alone = Self.outcome { try CommandLineProgram.parse(arguments) }
        #expect(alone == Self.outcome { try RootCommand.parseAsRoot(arguments) })
    }

    /// The command with its values, or what is said instead.
    private static func outcome(_ parse: () throws -> any ParsableCommand) -> String {
        do {
            return String(reflecting: try parse())
        } catch {
            return "\(RootCommand.exitCode(for: error)) \(RootCommand.fullMessage(for: error))"
        }
    }

    @Test("UUIDs")
    func requestIDs() {
        let ids = (0..<100).map { _ in RequestID.make() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { RequestID.isValid($0) && $0.dropFirst(14).first == "4" })
        #expect(!RequestID.isValid("6f1ed002ab5e4c5c8d5b0123456789ab"))
        #expect(!RequestID.isValid("6f1ed002-ab5e-4c5c-8d5b-0123456789ag"))
    }

    @Test("the hidden verbs carry the id over and never fail")
    func oracles() throws {
        let split = SplitOracle.answer(line: #"{"id":"a","sql":"select 1;\nselect 2"}"#)
        let statements = try JSONValue(parsing: split.utf8)
        #expect(statements["id"] == .string("a"))
        #expect(statements["statements"]?.arrayValue?.last?["line"] == .int(2))
        let kind = try JSONValue(parsing: ClassifyOracle.answer(line: #"{"id":1,"sql":"vacuum"}"#).utf8)
        #expect(kind["refused_in_transaction"] == .bool(true))
        #expect(SplitOracle.answer(line: "nonsense").contains("illegal_question"))
        #expect(SplitOracle.answer(line: #"{"id":"b","sql":"select 'x"}"#).contains(#""error":"syntax""#))
    }
}

import ArgumentParser
import Control
import Planning

/// The program `migratectl`: arguments in, exit status out. Nothing escapes from it.
public enum CommandLineProgram {
    /// Runs the verb that `arguments` (without the program's name) ask for.
    public static func run(_ arguments: [String], in context: CommandContext = .process) async -> Int32 {
        await CommandContext.$current.withValue(context) {
            do {
                var command = try parse(TargetArgument.shield(arguments))
                if var verb = command as? any AsyncParsableCommand {
                    try await verb.run()
                } else {
                    try command.run()
                }
                return 0
            } catch {
                return report(error, arguments: arguments, context: context)
            }
        }
    }

    /// The command that the arguments ask for. It is read by its verb alone, which spares the parser all others; whatever the
    /// verb will not have, be it `--help`, the whole program answers in its own words.
    static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        if let (verb, others) = verb(in: arguments), let command = try? verb.parseAsRoot(others),
            type(of: command) == verb
        {
            return command
        }
        return try RootCommand.parseAsRoot(arguments)
    }

    /// The verb, which stands first or after options that all verbs have, and the arguments without it.
    private static func verb(in arguments: [String]) -> (verb: any ParsableCommand.Type, others: [String])? {
        for (index, argument) in arguments.enumerated() {
            guard let verb = RootCommand.verb(named: argument) else { continue }
            let before = Array(arguments[..<index])
            // What is called like a verb may be the value of an option.
            guard before.isEmpty || (try? GlobalOptions.parse(before)) != nil else { continue }
            return (verb, before + arguments[(index + 1)...])
        }
        return nil
    }

    private static func report(_ error: any Error, arguments: [String], context: CommandContext) -> Int32 {
        switch error {
        case let failure as Failure:
            show(failure, arguments: arguments, context: context)
            return failure.code.exitStatus
        case let code as ExitCode:
            // The answer has been shown, and is an exit status too.
            return code.rawValue
        case is OutputClosed:
            // As a program that SIGPIPE ended: the reader had enough.
            return 141
        case is CancellationError:
            return Failure.Code.interrupted.exitStatus
        default:
            return reportParsing(error, arguments: arguments, context: context)
        }
    }

    /// What the parser throws: help and version are no errors, and go where they were asked for.
    private static func reportParsing(_ error: any Error, arguments: [String], context: CommandContext) -> Int32 {
        let text = RootCommand.fullMessage(for: error)
        guard !RootCommand.exitCode(for: error).isSuccess else {
            _ = context.output.write(text.hasSuffix("\n") ? text : text + "\n")
            return 0
        }
        let isUsage = RootCommand.exitCode(for: error) == .validationFailure
        let lines = text.split(separator: "\n")
        let first = lines.first.map { $0.hasPrefix("Error: ") ? $0.dropFirst(7) : $0 } ?? ""
        let usage = lines.dropFirst().first { $0.hasPrefix("Usage: ") }.map(String.init)
        let failure =
            isUsage
            ? unknownVerb(arguments, said: first)
                ?? Failure(
                    .usage, "cannot read the command line: \(lowercasingFirst(first))",
                    hint: "see migratectl\(usage.flatMap(verb(inUsage:)).map { " \($0)" } ?? "") --help",
                    notes: usage.map { [$0] } ?? [])
            : Failure(.internalError, "cannot go on: \(error)", hint: "please report this")
        show(failure, arguments: arguments, context: context)
        return failure.code.exitStatus
    }

    /// What is not an option, stands where a verb is wanted, and is none.
    private static func unknownVerb(_ arguments: [String], said message: Substring) -> Failure? {
        guard let name = arguments.first, name.first != "-", message.contains("'\(name)'"),
            !RootCommand.verbs.contains(name)
        else { return nil }
        let near = RootCommand.verbs.filter { $0.hasPrefix(name) || name.hasPrefix($0) }
        return Failure(
            .usage, "cannot \(name): there is no such verb",
            hint: near.isEmpty ? "see migratectl --help" : "did you mean \(near.joined(separator: " or "))?")
    }

    /// The verb in a line such as `Usage: migratectl show [--json] <revision>`.
    private static func verb(inUsage line: String) -> String? {
        let words = line.split(separator: " ")
        guard words.count > 2, RootCommand.verbs.contains(String(words[2])) else { return nil }
        return String(words[2])
    }

    private static func lowercasingFirst(_ text: Substring) -> String {
        let text = text.hasSuffix(".") ? text.dropLast() : text
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private static func show(_ failure: Failure, arguments: [String], context: CommandContext) {
        let painter = Painter(
            isTerminal: context.errors.isTerminal, environment: context.environment,
            isRefused: arguments.contains("--no-color"))
        let errors = Output(sink: context.errors, painter: painter, isJSON: arguments.contains("--json"))
        if errors.isJSON {
            try? errors.document(ErrorDocument(error: failure))
        } else {
            try? errors.lines(Diagnostic(failure).lines(painter: painter))
        }
    }

    /// What a program reads on standard error.
    private struct ErrorDocument: Encodable {
        var error: Failure
    }
}

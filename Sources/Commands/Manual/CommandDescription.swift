import ArgumentParser
import Control

/// What the parser says of a command: its dump of the help, as far as the manual needs it.
struct CommandDescription: Decodable {
    struct Argument: Decodable {
        enum Kind: String, Decodable {
            case positional, option, flag
        }

        struct Name: Decodable {
            var kind: String
            var name: String

            /// `--socket`, `-d`
            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: Kind
        var names: [Name]?
        var valueName: String?
        var abstract: String?
        var discussion: String?
        var defaultValue: String?
        var isOptional: Bool
        var isRepeating: Bool
        var shouldDisplay: Bool
    }

    /// What the parser wraps around it.
    private struct Dump: Decodable {
        var command: CommandDescription
    }

    var commandName: String
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool?
    var subcommands: [CommandDescription]?
    var arguments: [Argument]?

    /// Describes a command with all that is below it.
    init(of command: (some ParsableCommand).Type) throws {
        self = try JSONText.decode(Dump.self, from: command._dumpHelp()).command
    }

    /// The commands that do something, by the words that call them; what is hidden is left out.
    var verbs: [(name: String, command: CommandDescription)] {
        (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }.flatMap { command in
            let below = command.verbs
            return below.isEmpty
                ? [(command.commandName, command)]
                : below.map { ("\(command.commandName) \($0.name)", $0.command) }
        }
    }

    /// The arguments that people are told of, but for those that every verb has.
    func ownArguments(besides shared: Set<String>) -> [Argument] {
        (arguments ?? []).filter { argument in
            let names = argument.names?.map(\.text) ?? []
            return argument.shouldDisplay && !names.contains { shared.contains($0) }
        }
    }
}

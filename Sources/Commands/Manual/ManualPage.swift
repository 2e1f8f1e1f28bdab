import Control
import Planning

/// The page migratectl(1), in mdoc(7): verbs and options as the parser has them, statuses as the register of failures.
struct ManualPage {
    private let root: CommandDescription
    private let shared: [CommandDescription.Argument]

    init() throws {
        root = try CommandDescription(of: RootCommand.self)
        let everywhere: Set = ["--help", "--version"]
        shared = root.ownArguments(besides: everywhere)
    }

    /// The whole page.
    var source: String {
        [heading, description, options, verbs, surroundings, statuses, Self.examples, Self.seeAlso].joined()
    }

    private var heading: String {
        """
        .\\" SPDX-License-Identifier: Apache-2.0
        .\\" Made by the program itself, from its help: migratectl debug manual
        .Dd November 22, 2026
        .Dt MIGRATECTL 1
        .Os
        .Sh NAME
        .Nm migratectl
        .Nd apply revisions to PostgreSQL databases, through the daemon migrated
        .Sh SYNOPSIS
        .Nm
        .Op Ar option ...
        .Ar verb
        .Op Ar argument ...

        """
    }

    private var description: String {
        ".Sh DESCRIPTION\n" + ManualText.paragraph(root.abstract ?? "") + ManualText.discussion(root.discussion ?? "")
    }

    private var options: String {
        ".Sh OPTIONS\nEvery verb takes these, before or after its name:\n" + list(shared)
            + """
            .Pp
            .Fl -help
            says all this of a verb;
            .Fl -version
            is the version.

            """
    }

    private var verbs: String {
        let sharedNames = Set(shared.flatMap { $0.names?.map(\.text) ?? [] } + ["--help", "-h", "--version"])
        return ".Sh VERBS\n"
            + root.verbs.map { name, command in
                let arguments = command.ownArguments(besides: sharedNames)
                return ".Ss \(ManualText.escaped(name))\n"
                    + ".Nm\n.Cm \(ManualText.escaped(name))\n" + arguments.map(synopsis).joined()
                    + ".Pp\n" + ManualText.paragraph(command.abstract ?? "")
                    + ManualText.discussion(command.discussion ?? "") + list(arguments)
            }.joined()
    }

    /// `.Op Fl -to Ar revision`
    private func synopsis(_ argument: CommandDescription.Argument) -> String {
        let more = argument.isRepeating ? " ..." : ""
        return (argument.isOptional ? ".Op " : ".") + term(argument, names: argument.names?.prefix(1)) + more + "\n"
    }

    private func list(_ arguments: [CommandDescription.Argument]) -> String {
        guard !arguments.isEmpty else { return "" }
        return ".Bl -tag -width Ds\n"
            + arguments.map { argument in
                ".It \(term(argument, names: argument.names?[...]))\n"
                    + ManualText.paragraph(argument.abstract ?? "")
                    + ManualText.discussion(argument.discussion ?? "")
            }.joined() + ".El\n"
    }

    private func term(
        _ argument: CommandDescription.Argument, names: ArraySlice<CommandDescription.Argument.Name>?
    ) -> String {
        let value = "Ar \(ManualText.escaped(argument.valueName ?? "value"))"
        // The macro itself writes the first of the hyphens.
        let flags = (names ?? []).map { "Fl \(ManualText.escaped($0.text.dropFirst()))" }
        switch argument.kind {
        case .positional: return value
        case .flag: return flags.joined(separator: " , ")
        case .option: return flags.map { "\($0) \(value)" }.joined(separator: " , ")
        }
    }

    private var statuses: String {
        let codes = Failure.Code.allCases.sorted { $0.exitStatus < $1.exitStatus }
        return """
            .Sh EXIT STATUS
            0 only if what was asked for was done.
            Everything else has a status and a stable name, which
            .Fl -json ,
            the journal and the socket show too:
            .Bl -tag -width Ds

            """
                + codes.map { code in
                    ".It \(code.exitStatus) Pq Li \(ManualText.escaped(code.rawValue))\n"
                        + ManualText.paragraph(code.documentation)
                }.joined()
                + ".It 141\nThe reader of a pipe went away.\n.El\n"
    }
}

extension ManualPage {
    private var surroundings: String {
        """
        .Sh ENVIRONMENT
        .Bl -tag -width Ds
        .It Ev MIGRATED_SOCKET
        The daemon's socket, where no option names it.
        .It Ev MIGRATED_LOCAL
        Not empty: as with
        .Fl -local .
        .It Ev MIGRATED_SETTINGS
        The settings file, for what works without a daemon.
        .It Ev DATABASE_URL
        The database, where no settings configure one.
        .It Ev NO_COLOR
        Not empty: no colours.
        .It Ev VISUAL , Ev EDITOR
        The editor of
        .Cm edit .
        .El
        .Sh FILES
        .Bl -tag -width Ds
        .It Pa \(GlobalOptions.defaultSocketPath)
        The daemon's socket.
        .It Pa /etc/migrated/migrated.toml
        The settings.
        .El

        """
    }

    private static let examples = """
        .Sh EXAMPLES
        Look at what is pending, consent to exactly that, and have it done:
        .Bd -literal -offset indent
        migratectl plan
        migratectl approve head
        migratectl upgrade
        .Ed
        .Pp
        Hold a script back until the database app is where its revisions end:
        .Bd -literal -offset indent
        migratectl \\-d app wait \\-\\-for head \\-\\-timeout 5min
        .Ed

        """

    private static let seeAlso = """
        .Sh SEE ALSO
        .Xr pg_dump 1 ,
        .Xr psql 1 ,
        .Xr migrated.toml 5 ,
        .Xr migrated 8

        """
}

import ArgumentParser
import Host
import Planning
import Revisions
import SchemaModel

/// `migratectl check`: judges revision files as a reviewer would, without a database.
struct CheckCommand: FileVerb {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judge revision files without a database: for CI and pre-commit.",
        discussion: """
            Every fault is told, and what the rules have against the revisions:

            \(LintRule.all.map { "  \($0.code): \($0.summary)" }.joined(separator: "\n"))

            What a rehearsal may find is guessed from the text, by the codes that rehearsals have \
            (\(Guess.codes.map(\.rawValue).joined(separator: ", "))). A text knows neither how large a table is nor \
            whether there is anything in it: guesses are told, and fail the check with --strict only.

            A rule is switched off by --ignore CODE, or in a file by the comment "-- migrated: ignore CODE": above the \
            sections for the file, in a section for the statement that it stands at.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions

    @Option(
        name: .long, parsing: .singleValue, help: ArgumentHelp("Leave out what this rule says.", valueName: "code"))
    var ignore: [String] = []

    @Flag(name: .long, help: "Fail for what is only guessed as well.")
    var strict = false

    @Argument(
        help: ArgumentHelp(
            "Directories to judge instead; or files, whose directories are judged, and of which only is told.",
            valueName: "path"))
    var paths: [String] = []

    @Flag(name: .long, help: "Say instead whether revision --autogenerate would write anything.")
    var autogenerate = false

    @OptionGroup var ends: ComparisonEnds
    @OptionGroup var comparing: ComparisonOptions

    func run(in session: Session) async throws {
        guard !autogenerate else { return try await checkSchema(session) }
        let known = LintRule.codes
        if let code = ignore.first(where: { !known.contains($0) }) {
            throw Failure(
                .usage, "cannot ignore \"\(code)\": no rule has that code",
                hint: "the codes are \(known.joined(separator: ", ")); faults cannot be ignored")
        }
        if let missing = paths.first(where: { !TextFiles.exists($0) }) {
            throw Failure(
                .usage, "cannot judge \"\(missing)\": there is no such file or directory", hint: "name one that exists")
        }
        let directories = try await directories(session)
        var outcome = Linter(ignoring: Set(ignore)).judge(try directories.read())
        let files = Set(paths.filter { !TextFiles.isDirectory($0) }.compactMap(FilePaths.resolved))
        if !files.isEmpty {
            outcome.findings.removeAll { !files.contains(FilePaths.resolved($0.location.path) ?? "") }
            outcome.guesses.removeAll { !files.contains(FilePaths.resolved($0.location.path) ?? "") }
        }
        // As the tools that read such lines name files: from where they run.
        for index in outcome.findings.indices { outcome.findings[index].place(from: session) }
        for index in outcome.guesses.indices { outcome.guesses[index].place(from: session) }
        try show(outcome, session)
        let count = outcome.findings.count + (strict ? outcome.guesses.count : 0)
        guard count == 0 else {
            throw Failure(
                .checkFailed,
                "cannot pass \(directories.paths.map { "\"\($0)\"" }.joined(separator: ", ")): "
                    + Quantity.count(count, "finding"))
        }
    }

    private func checkSchema(_ session: Session) async throws {
        let (from, to, reader) = try await ends.sources(session, places, comparing)
        try await SchemaComparison.read(
            from: from, to: to, renames: try comparing.renames(), reader: reader,
            body: { comparison, _ in
                let difference = comparison.difference
                if session.output.isJSON {
                    try session.output.document(
                        DifferenceReport(
                            difference, statements: DDLWriter.statements(of: difference),
                            notCompared: comparison.strangers))
                } else {
                    try session.output.lines(
                        DifferenceView(tree: DifferenceTree(difference), painter: session.output.painter).lines)
                }
                guard difference.isEmpty else {
                    throw Failure(
                        .checkFailed,
                        "cannot pass the schema: \(Quantity.count(difference.entries.count, "object")) would change",
                        hint: "write the revision: migratectl revision --autogenerate -m MESSAGE")
                }
                if !session.output.isJSON { try session.output.line("the schema is the one that is meant") }
            }, needsServer: false)
    }

    /// Those that are named. For files, those that are configured if they hold them, because a revision's parents may
    /// be in another of them; otherwise those that they are in.
    private func directories(_ session: Session) async throws -> RevisionDirectories {
        let files = paths.filter { !TextFiles.isDirectory($0) }
        if files.isEmpty, !paths.isEmpty {
            return RevisionDirectories(paths: paths, isRecursive: places.isRecursive)
        }
        let parents = files.map { FilePaths.split($0).parent }
        do {
            let configured = try await RevisionDirectories.find(places, session: session)
            if parents.allSatisfy(configured.contain) { return configured }
        } catch let failure as Failure where !files.isEmpty && failure.code == .noSuchDatabase {}
        var named: [String] = []
        for path in paths.map({ TextFiles.isDirectory($0) ? $0 : FilePaths.split($0).parent })
        where !named.contains(path) { named.append(path) }
        return RevisionDirectories(paths: named, isRecursive: places.isRecursive)
    }

    private struct Document: Encodable {
        var revisionCount: Int
        var findings: [Finding]
        var guesses: [Finding]
    }

    private func show(_ outcome: Linter.Outcome, _ session: Session) throws {
        guard !session.output.isJSON else {
            return try session.output.document(
                Document(
                    revisionCount: outcome.revisionCount, findings: outcome.findings, guesses: outcome.guesses))
        }
        let painter = session.output.painter
        for finding in outcome.findings {
            try session.output.line(finding.description.printable)
            if let hint = finding.hint { try session.output.line("  \(painter("hint:", .cyan)) \(hint.printable)") }
        }
        for guess in outcome.guesses {
            try session.output.line(guess.guess.printable)
            if let hint = guess.hint { try session.output.line("  \(painter("hint:", .cyan)) \(hint.printable)") }
        }
        if outcome.findings.isEmpty {
            let guesses =
                outcome.guesses.isEmpty
                ? ""
                : "; \(outcome.guesses.count) guessed of what a rehearsal may find, without knowing any table's size"
            try session.output.line(
                "\(Quantity.count(outcome.revisionCount, "revision")), nothing to object to\(guesses)")
        }
    }
}

extension Finding {
    fileprivate mutating func place(from session: Session) {
        location.path = FilePaths.relative(location.path, to: session.context.workingDirectory)
    }
}

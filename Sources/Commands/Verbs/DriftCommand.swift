import ArgumentParser
import Control
import Planning
import Revisions

/// `migratectl drift`: whether the schema is what the revisions left.
struct DriftCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Tell how the schema differs from what its revisions left.",
        discussion: """
            The daemon keeps the schema after each upgrade and compares the database with it. What differs is made official by \
            --adopt, which writes the revision that did it, to be stamped; or it is taken for granted by --accept.

            Exit status: 0 if nothing differs, 2 if something does.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var places: DirectoryOptions

    @Flag(name: .long, help: "The SQL that did it.")
    var sql = false

    @Flag(name: .long, help: "The SQL that takes it back.")
    var undo = false

    @Flag(name: .long, help: "Take the schema as it is for what it should be.")
    var accept = false

    @Flag(name: .long, help: "Write a revision that does what was done, and takes it back.")
    var adopt = false

    @Flag(name: .long, help: "Do not ask before --accept.")
    var yes = false

    @OptionGroup var new: NewRevisionOptions

    func validate() throws {
        if [sql, undo, accept, adopt].count(where: { $0 }) > 1 {
            throw ValidationError("--sql, --undo, --accept and --adopt exclude each other")
        }
    }

    func run(in session: Session) async throws {
        let report = try await session.client.call(GetDrift.self, .init(database: session.database)).report
        for stranger in report.notCompared { try session.warn("not compared: \(stranger)") }
        if adopt { return try await adopt(report, session) }
        if accept { return try await accept(report, session) }
        try show(report, session)
        if report.isDrifted { throw ExitCode(2) }
    }

    private func show(_ report: DriftReport, _ session: Session) throws {
        if session.output.isJSON { return try session.output.document(report) }
        if sql || undo { return try session.output.write(sql ? report.upgrade : report.downgrade) }
        let painter = session.output.painter
        let signs: [String: (String, Style)] = [
            "create": ("+", .green), "drop": ("-", .red), "alter": ("~", .cyan), "remake": ("±", .yellow),
        ]
        for change in report.changes {
            let (sign, style) = signs[change.change] ?? ("?", .plain)
            try session.output.line(painter("\(sign) \(change.kind) \(change.name)".printable, style))
        }
        guard report.isDrifted else {
            return try session.output.line("\(report.sentence), \(report.keptAt.readable) UTC")
        }
        try session.output.line(
            "\(Quantity.count(report.changes.count, "object")) not as the revisions left them, \(report.keptAt.readable) UTC"
        )
    }

    private func accept(_ report: DriftReport, _ session: Session) async throws {
        guard report.isDrifted else { return try show(report, session) }
        if !yes {
            if !session.output.isJSON { try show(report, session) }
            guard try session.isAgreed("Take the schema as it is for what it should be?", to: "accept the drift") else {
                return
            }
        }
        let after = try await session.client.call(
            AcceptDrift.self, .init(database: session.database, changes: report.changes)
        ).report
        try show(after, session)
    }

    private func adopt(_ report: DriftReport, _ session: Session) async throws {
        guard report.isDrifted else { return try show(report, session) }
        let directories = try new.naming(try await RevisionDirectories.find(places, session: session))
        let listing = try RevisionListing(in: directories)
        let request = RevisionRequest(
            id: new.id, parents: [listing.graph.isEmpty ? "base" : "head"], splice: new.splice,
            branchLabels: new.branchLabel)
        let written = try RevisionWriter(directories: directories, listing: listing, now: session.context.now()).write(
            request, message: new.message ?? "adopt what was done outside",
            sections: (Self.inTransaction(report.upgrade), Self.inTransaction(report.downgrade)))
        try new.finish(written, session)
        guard !session.output.isJSON else { return }
        try session.output.line(
            "the database has it already: migratectl stamp \(written.revision)\(session.databaseOption)")
    }

    /// What is set for a transaction ends with it.
    private static func inTransaction(_ sql: String) -> String {
        sql.replacing("SET check_function_bodies", with: "SET LOCAL check_function_bodies")
    }
}

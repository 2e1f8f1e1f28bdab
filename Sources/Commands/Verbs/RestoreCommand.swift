import ArgumentParser
import Control
import Digest
import Planning

/// `migratectl restore`: a database from a backup.
struct RestoreCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a database from a backup.",
        discussion: """
            Into a new database, or with --replace in the place of the present one: restored beside it, analysed, counted, and \
            then swapped by name. The one before is kept under another name, and the command that swaps back is told. Nothing \
            that was there is dropped. What was committed since the backup is named first; replacing needs approvals: \
            migratectl approve --job JOB. Where the database, or all that its server had, is gone, the new one gets its name.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var queue: QueueFlags

    @Option(name: .long, help: ArgumentHelp("The name of the new database.", valueName: "name"))
    var into: String?

    @Flag(name: .long, help: "Put it in the place of the present database, which is kept under another name.")
    var replace = false

    @Flag(name: .long, help: "Restore definitions only, and no data.")
    var onlySchema = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Restore the data of this table only, and the definitions of all; may be given several times.",
            valueName: "schema.name"))
    var table: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Vouch for a backup of another host by the digest of its manifest.", valueName: "sha256"))
    var digest: String?

    @Flag(name: .shortAndLong, help: "Replace without being asked.")
    var yes = false

    @Argument(help: ArgumentHelp("The backup's name: migratectl backups.", valueName: "backup"))
    var backup: String

    func validate() throws {
        if replace, into != nil || onlySchema || !table.isEmpty {
            throw ValidationError("--replace takes a whole backup, and the database's own name.")
        }
        if onlySchema, !table.isEmpty { throw ValidationError("--only-schema and --table exclude each other.") }
        if let digest, SHA256Digest(hex: digest) == nil { throw ValidationError("\"\(digest)\" is no digest.") }
    }

    func run(in session: Session) async throws {
        if replace, !yes {
            let name = session.database.map { "\"\($0)\"" } ?? "the database"
            guard try session.isAgreed("Put \(backup) in the place of \(name)?", to: "restore") else {
                throw Failure(.cancelled, "nothing was restored")
            }
        }
        let reply = try await session.client.call(
            Restore.self,
            .init(
                database: session.database, backup: backup, into: into, replace: replace ? true : nil,
                onlySchema: onlySchema ? true : nil, tables: table.isEmpty ? nil : table,
                digest: digest.flatMap { SHA256Digest(hex: $0) }, requestId: queue.request))
        try await session.see(reply.job, isBlocking: !queue.noBlock, staysParked: false)
    }
}

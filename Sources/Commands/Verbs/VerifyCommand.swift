import ArgumentParser
import Control
import Digest

/// `migratectl verify`: whether a backup is one.
struct VerifyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Look through a backup, and restore it into a server of its own.",
        discussion: """
            Checks who vouches for it, hashes every file, decodes all of it, counts its rows, and restores it into a server of \
            its own on the daemon's host, which is removed again. Needs no database. Exit status 46 where something is wrong.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(name: .long, help: "Leave the restore out.")
    var noRestore = false

    @Option(
        name: .long,
        help: ArgumentHelp("Vouch for a backup of another host by the digest of its manifest.", valueName: "sha256"))
    var digest: String?

    @Argument(help: ArgumentHelp("The backup's name: migratectl backups.", valueName: "backup"))
    var backup: String

    func validate() throws {
        if let digest, SHA256Digest(hex: digest) == nil { throw ValidationError("\"\(digest)\" is no digest.") }
    }

    func run(in session: Session) async throws {
        let parameters = VerifyBackup.Parameters(
            database: session.database, backup: backup, noRestore: noRestore ? true : nil,
            digest: digest.flatMap { SHA256Digest(hex: $0) })
        try await session.client.each(VerifyBackup.self, parameters) { reply in
            if session.output.isJSON {
                if reply.isDone { try session.output.document(reply) }
            } else {
                try session.output.line(reply.message)
            }
        }
    }
}

import Planning
import PostgresClient
import SQLText

/// Statements that make a schema, in files that need not be in order: what misses something comes again after the rest.
struct SchemaScript: Sendable {
    private struct Piece: Sendable {
        var file: String
        var statement: Statement
    }

    private var pieces: [Piece] = []
    /// Renames that comments ask for: `-- migrated: rename table public.a=b`.
    private(set) var renames: [SchemaRename] = []

    /// Adds the statements of a file.
    mutating func add(_ text: String, file: String) throws {
        // pg_dump's protection of psql, which is none of the server's business.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("\\restrict ") || line.hasPrefix("\\unrestrict ") ? "" : line
        }
        do {
            pieces += try StatementSplitter.split(lines.joined(separator: "\n"))
                .filter { !Self.ignored.contains($0.kind.verb.uppercased()) }
                .map { Piece(file: file, statement: $0) }
        } catch {
            throw Failure(
                .schemaNotLoaded, "cannot read \"\(file)\": \(error.message)", hint: error.hint,
                location: Failure.Location(path: file, line: error.position.line, column: error.position.column))
        }
        renames += try SchemaRename.asked(in: text, file: file)
    }

    /// Each statement stands for itself: what one transaction would undo is a matter of order only.
    private static let ignored: Set<String> = ["BEGIN", "COMMIT", "START TRANSACTION", "END"]

    /// Runs the statements, and those that missed something again, as long as that helps.
    func load(_ connection: Connection) async throws {
        var pending = pieces
        while !pending.isEmpty {
            var failed: [(piece: Piece, error: ServerError)] = []
            for piece in pending {
                do {
                    if let data = piece.statement.copyData {
                        try await connection.copyIn(piece.statement.text, data: data)
                    } else {
                        try await connection.execute(piece.statement.text)
                    }
                } catch let error as ServerError {
                    guard Self.isMissing(error) else { throw Self.failure(piece, error) }
                    failed.append((piece, error))
                }
            }
            if failed.count == pending.count, let first = failed.first { throw Self.failure(first.piece, first.error) }
            pending = failed.map(\.piece)
        }
    }

    /// Whether something was not there: an object, a column, a schema, a key that a foreign key wants.
    private static func isMissing(_ error: ServerError) -> Bool {
        ["42P01", "42704", "42883", "42703", "3F000", "42830", "42809", "42P17", "0A000"].contains(error.sqlState)
    }

    private static func failure(_ piece: Piece, _ error: ServerError) -> Failure {
        let place = piece.statement.position(ofCharacter: error.position ?? 1)
        return Failure(
            .schemaNotLoaded, "cannot load \"\(piece.file)\": \(error.message)",
            hint: error.hint ?? (error.sqlState == "42704" ? "name roles that it speaks of: --role NAME" : nil),
            location: Failure.Location(path: piece.file, line: place.line, column: place.column),
            sql: Failure.ServerReport(
                sqlState: error.sqlState, message: error.message, detail: error.detail, hint: error.hint,
                context: error.context, statement: Secrets.hidden(in: piece.statement.text)))
    }
}

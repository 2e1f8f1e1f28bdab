import ArgumentParser
import Introspection
import Planning
import PostgresClient
import SchemaModel

/// `migratectl diff FROM TO`: what leads from one database's schema to another's. Needs no daemon.
struct DiffCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what leads from one database's schema to another's.",
        discussion: """
            Both catalogues are only read, each in one snapshot. Left out are members of extensions, the schema migrated \
            and the version table; kinds of objects that are not understood are named on standard error.

            Exit status: 0 if the schemas are equal, 2 if they differ.
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The database as it is: postgresql://…", valueName: "from"))
    var from: String

    @Argument(help: ArgumentHelp("The database as it shall be.", valueName: "to"))
    var to: String

    @Flag(name: .long, help: "Only the SQL that turns the first into the second; nothing if they are equal.")
    var sql = false

    @Flag(name: .long, help: "The short forms of statements, for databases that nobody is using.")
    var plain = false

    var needsDaemon: Bool { false }

    func run(in session: Session) async throws {
        async let present = Self.read(from)
        async let desired = Self.read(to)
        let (old, new) = (try await present, try await desired)
        let difference = SchemaDifference(from: old, to: new)
        let report = DifferenceReport(difference)
        for stranger in Set(old.strangers + new.strangers).sorted() {
            _ = session.context.errors.write("migratectl: not compared: \(stranger)\n")
        }
        if session.output.isJSON {
            try session.output.document(report)
        } else if sql {
            try session.output.lines(report.statements.map { $0 + ";" })
        } else {
            try session.output.lines(report.lines)
        }
        if !difference.isEmpty { throw ExitCode(2) }
    }

    private static func read(_ url: String) async throws -> DatabaseSchema {
        do {
            let parameters = try ConnectionParameters(url: url)
            let connection = try await Connection.open(parameters, applicationName: "migratectl diff")
            do {
                let schema = try await Introspector(versionTable: VersionTableName.usual).read(connection)
                await connection.close()
                return schema
            } catch {
                await connection.close()
                throw error
            }
        } catch let error as ConnectionStringError {
            throw Failure(
                .usage, "cannot read the database's address: \(error)", hint: "write postgresql://user@host/database")
        } catch let error as ConnectionError {
            throw Failure(.databaseUnavailable, error.message, hint: error.hint)
        } catch let error as ServerError {
            throw Failure(.databaseUnavailable, "cannot read the catalogue: \(error.message)")
        }
    }
}

/// A difference, as it is shown.
struct DifferenceReport: Encodable {
    /// One object's change.
    struct Change: Encodable {
        var kind: String
        var name: String
        var change: String
    }

    var isEqual: Bool
    var changes: [Change]
    var statements: [String]

    init(_ difference: SchemaDifference) {
        isEqual = difference.isEmpty
        changes = difference.entries.map {
            Change(kind: $0.id.kind.rawValue, name: $0.id.name, change: $0.fate.rawValue)
        }
        statements = DDLWriter.statements(of: difference)
    }

    /// One line an object, for people.
    var lines: [String] {
        changes.map { change in
            let sign = ["create": "+", "drop": "-", "alter": "~"][change.change] ?? "±"
            return "\(sign) \(change.kind) \(change.name)"
        }
    }
}

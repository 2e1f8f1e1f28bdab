import Planning
import PostgresClient
import SchemaModel

/// Two schemas that were read, and what of them is compared.
struct SchemaComparison: Sendable {
    /// The schema as it is.
    var present: ReadSchema
    /// The schema as it shall be.
    var desired: ReadSchema
    /// What is the same under another name.
    var renames: [SchemaRename]

    /// Reads both, the databases first: what is loaded may speak of their roles.
    static func read(
        from: SchemaSource, to: SchemaSource, renames: [SchemaRename], reader: SchemaReader,
        body: @Sendable (SchemaComparison, ScratchServer?) async throws -> Void, needsServer: Bool
    ) async throws {
        if case .database(let left) = from, case .database(let right) = to, !needsServer {
            async let old = reader.read(database: left)
            async let new = reader.read(database: right)
            return try await body(SchemaComparison(present: old, desired: new, renames: []), nil)
        }
        var databases: [ReadSchema] = []
        for case .database(let url) in [from, to] { databases.append(try await reader.read(database: url)) }
        let (other, known) = (databases.first, databases)
        try await ScratchServer.run(reader.caller.context, serverVersion: other?.serverVersion) { server in
            let old = from.isLoaded ? try await reader.read(from, on: server, like: other) : known[0]
            let new = to.isLoaded ? try await reader.read(to, on: server, like: other) : known[known.count - 1]
            var comparison = SchemaComparison(present: old, desired: new, renames: renames + new.renames)
            // What files say nothing about at all is not meant to go.
            if to.isLoaded { comparison.present.schema = old.schema.comparable(with: new.schema) }
            if from.isLoaded { comparison.desired.schema = new.schema.comparable(with: old.schema) }
            comparison.present.user = comparison.present.user ?? other?.user
            try await body(comparison, server)
        }
    }

    /// The difference, renames aside.
    var difference: SchemaDifference { SchemaDifference(from: present.schema, to: desired.schema) }

    /// What is there and not compared, as people call it.
    var strangers: [String] { Set(present.schema.strangers + desired.schema.strangers).sorted() }

    /// What looks like the same thing under another name. Only a person knows.
    var likelyRenames: [SchemaRename] {
        difference.likelyRenames.map { SchemaRename(kind: $0.old.kind.rawValue, old: $0.old.name, new: $0.newName) }
    }
}

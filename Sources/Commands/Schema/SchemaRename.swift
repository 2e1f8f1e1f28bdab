import ArgumentParser
import Planning
import SQLText
import SchemaModel

/// That something in the database is what the desired schema calls otherwise: `table:public.a=b`, `column:public.t.a=b`.
struct SchemaRename: Sendable, Equatable {
    /// `table`, `column`, …
    var kind: String
    /// The qualified name as it is.
    var old: String
    /// The name that it shall have, without a schema.
    var new: String

    private static let kinds = [
        "schema", "table", "column", "constraint", "view", "materialized view", "index", "sequence", "type", "domain",
        "function", "procedure", "trigger", "policy",
    ]

    /// Reads `KIND:OLD=NEW`.
    init(parsing text: String) throws(Failure) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let names = parts.count == 2 ? parts[1].split(separator: "=", maxSplits: 1).map(String.init) : []
        guard names.count == 2, Self.kinds.contains(parts[0]) else {
            throw Failure(
                .usage, "cannot understand the rename \"\(text)\": it is not KIND:OLD=NEW",
                hint:
                    "write table:public.a=b or column:public.t.a=b; the kinds are \(Self.kinds.joined(separator: ", "))"
            )
        }
        (kind, old, new) = (parts[0], names[0], names[1])
    }

    /// A table that is called otherwise.
    init(kind: String, old: String, new: String) {
        (self.kind, self.old, self.new) = (kind, old, new)
    }

    /// Those that the comments of a script ask for: `-- migrated: rename table:public.a=b`.
    static func asked(in text: String, file: String) throws(Failure) -> [SchemaRename] {
        var renames: [SchemaRename] = []
        let mark = "-- migrated: rename "
        for line in text.split(separator: "\n") where line.hasPrefix(mark) {
            renames.append(try SchemaRename(parsing: String(line.dropFirst(mark.count))))
        }
        return renames
    }

    /// As it is written on the command line.
    var text: String { "\(kind):\(old)=\(new)" }

    /// The statement that renames it.
    var statement: String {
        let pieces = Self.pieces(of: old)
        switch kind {
        case "column", "constraint":
            let table = pieces.dropLast().joined(separator: ".")
            return "ALTER TABLE \(table) RENAME \(kind.uppercased()) \(pieces.last ?? "") TO \(new)"
        case "trigger", "policy":
            let table = pieces.dropLast().joined(separator: ".")
            return "ALTER \(kind.uppercased()) \(pieces.last ?? "") ON \(table) RENAME TO \(new)"
        default:
            return "ALTER \(kind.uppercased()) \(old) RENAME TO \(new)"
        }
    }

    /// What takes it back.
    var inverse: SchemaRename {
        // A routine's arguments belong to its name.
        let arguments = old.firstIndex(of: "(").map { String(old[$0...]) } ?? ""
        let pieces = Self.pieces(of: String(old.dropLast(arguments.count)))
        let renamed = (pieces.dropLast() + [new]).joined(separator: ".") + arguments
        return SchemaRename(kind: kind, old: renamed, new: pieces.last ?? old)
    }

    /// Whether the schema has what is to be renamed; what has been renamed already is no error.
    func applies(to schema: DatabaseSchema) -> Bool {
        let relations: [ObjectKind] = [.table, .view, .materializedView, .index, .sequence]
        let types: [ObjectKind] = [.enumeration, .composite, .range, .domain]
        return schema.objects.keys.contains { id in
            guard id.name == old || id.name == "public.\(old)" else { return false }
            return id.kind.rawValue == kind || kind == "type" && types.contains(id.kind)
                || kind == "table" && relations.contains(id.kind)
                || ["function", "procedure"].contains(kind) && id.kind == .routine
        }
    }

    /// The parts of a qualified name, quotes respected.
    private static func pieces(of name: String) -> [String] {
        var pieces = [""]
        var isQuoted = false
        for character in name {
            if character == "\"" { isQuoted.toggle() }
            if character == ".", !isQuoted { pieces.append("") } else { pieces[pieces.count - 1].append(character) }
        }
        return pieces
    }
}

/// The options by which a comparison is told of renames and roles.
struct ComparisonOptions: ParsableArguments {
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "What is the same under another name: table:public.a=b, column:public.t.a=b.", valueName: "rename"))
    var rename: [String] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("A role that the desired schema speaks of, for the throw-away server.", valueName: "name"))
    var role: [String] = []

    @Flag(name: .long, help: "The short forms of statements, for databases that nobody is using.")
    var plain = false

    /// The renames.
    func renames() throws -> [SchemaRename] { try rename.map { try SchemaRename(parsing: $0) } }
}

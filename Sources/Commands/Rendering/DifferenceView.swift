import SchemaModel

/// A difference as a tree: what comes, goes and changes, each thing under what it is a part of.
struct DifferenceView {
    let tree: DifferenceTree
    let painter: Painter

    var lines: [String] { tree.roots.flatMap { lines(of: $0, depth: 0) } }

    private func lines(of node: DifferenceTree.Node, depth: Int) -> [String] {
        let (sign, style) = Self.sign(node.fate)
        let indent = String(repeating: "    ", count: depth)
        let loss = node.loss.map { "  " + painter("(\($0))", .yellow) } ?? ""
        let head = indent + painter("\(sign) \(node.id.kind.rawValue) \(node.id.name)", style) + loss
        let changes = node.alterations.map {
            indent + "    " + painter($0.split(separator: "\n").first.map(String.init) ?? "", .dim)
        }
        return [head] + changes + node.children.flatMap { lines(of: $0, depth: depth + 1) }
    }

    private static func sign(_ fate: SchemaDifference.Fate?) -> (String, Style) {
        switch fate {
        case .create: ("+", .green)
        case .drop: ("-", .red)
        case .alter: ("~", .cyan)
        case .remake: ("±", .yellow)
        case nil: (" ", .plain)
        }
    }
}

/// A difference, for programs.
struct DifferenceReport: Encodable {
    /// One object's change.
    struct Change: Encodable {
        var kind: String
        var name: String
        var change: String
        var loss: String?
    }

    var isEqual: Bool
    var changes: [Change]
    var statements: [String]
    /// What is there and was not compared.
    var notCompared: [String]

    init(_ difference: SchemaDifference, statements: [String], notCompared: [String]) {
        isEqual = difference.isEmpty
        changes = difference.entries.map {
            Change(
                kind: $0.id.kind.rawValue, name: $0.id.name, change: $0.fate.rawValue, loss: difference.loss(of: $0.id))
        }
        self.statements = statements
        self.notCompared = notCompared
    }
}

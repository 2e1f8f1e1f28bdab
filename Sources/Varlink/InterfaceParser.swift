// Reads the interface definition language by the grammar of UAPI.20, keeping the comments.
struct InterfaceParser {
    typealias Field = Interface.Field
    typealias FieldType = Interface.FieldType

    struct Members {
        var name = ""
        var documentation = ""
        var types: [Interface.TypeDeclaration] = []
        var methods: [Interface.Method] = []
        var errors: [Interface.ErrorDeclaration] = []
    }

    private static let nesting = 32
    private var scanner: InterfaceScanner
    private var uses: [(name: String, place: Int)] = []

    init(_ text: String) { scanner = InterfaceScanner(text) }

    mutating func interface() throws(InterfaceError) -> Members {
        var members = Members()
        members.documentation = scanner.skip()
        try keyword("interface")
        members.name = try scanner.interfaceName()
        try scanner.lineEnd(after: "the interface's name")
        var names: Set<String> = []
        var documentation = scanner.skip()
        repeat {
            try member(into: &members, documentation: documentation, names: &names)
            documentation = try scanner.memberEnd()
        } while !scanner.isAtEnd
        if let use = uses.first(where: { use in !members.types.contains { $0.name == use.name } }) {
            throw scanner.failure("no type \"\(use.name)\"", at: use.place)
        }
        return members
    }

    private mutating func keyword(_ word: String) throws(InterfaceError) {
        guard scanner.word() == word else { throw scanner.failure("expected \"\(word)\"") }
        guard scanner.isAtSpace else { throw scanner.failure("expected white space after \"\(word)\"") }
        _ = scanner.skip()
    }

    private mutating func member(
        into members: inout Members, documentation: String, names: inout Set<String>
    ) throws(InterfaceError) {
        let keyword = scanner.word()
        guard ["type", "method", "error"].contains(keyword) else {
            throw scanner.failure("expected \"type\", \"method\" or \"error\"")
        }
        guard scanner.isAtSpace else { throw scanner.failure("expected white space after \"\(keyword)\"") }
        _ = scanner.skip()
        let place = scanner.place
        let name = try scanner.memberName()
        guard names.insert(name).inserted else { throw scanner.failure("declared twice", at: place) }
        _ = scanner.skip()
        switch keyword {
        case "type":
            members.types.append(
                .init(name: name, type: try structureOrEnumeration(depth: 0), documentation: documentation))
        case "method":
            let input = try structure()
            _ = scanner.skip()
            guard scanner.take("->") else { throw scanner.failure("expected \"->\"") }
            _ = scanner.skip()
            members.methods.append(
                .init(name: name, input: input, output: try structure(), documentation: documentation))
        default:
            members.errors.append(.init(name: name, fields: try structure(), documentation: documentation))
        }
    }

    private mutating func structure() throws(InterfaceError) -> [Field] {
        let place = scanner.place
        guard case .structure(let fields) = try structureOrEnumeration(depth: 0) else {
            throw scanner.failure("expected parameters, not an enumeration", at: place)
        }
        return fields
    }

    private mutating func structureOrEnumeration(depth: Int) throws(InterfaceError) -> FieldType {
        guard depth < Self.nesting else { throw scanner.failure("nested too deeply") }
        guard scanner.take("(") else { throw scanner.failure("expected \"(\"") }
        var documentation = scanner.skip()
        if scanner.take(")") { return .structure([]) }
        var fields: [Field] = []
        var names: [String] = []
        var seen: Set<String> = []
        while true {
            let place = scanner.place
            let name = try scanner.fieldName()
            guard seen.insert(name).inserted else { throw scanner.failure("declared twice", at: place) }
            _ = scanner.skip()
            if names.isEmpty && (scanner.isNext(":") || !fields.isEmpty) {
                guard scanner.take(":") else { throw scanner.failure("expected \":\"") }
                _ = scanner.skip()
                fields.append(Field(name: name, type: try type(depth: depth + 1), documentation: documentation))
                _ = scanner.skip()
            } else {
                names.append(name)
            }
            if scanner.take(")") { break }
            guard scanner.take(",") else { throw scanner.failure("expected \",\" or \")\"") }
            documentation = scanner.skip()
        }
        return names.isEmpty ? .structure(fields) : .enumeration(names)
    }

    private mutating func type(depth: Int) throws(InterfaceError) -> FieldType {
        guard depth < Self.nesting else { throw scanner.failure("nested too deeply") }
        if scanner.take("[string]") { return .dictionary(try type(depth: depth + 1)) }
        if scanner.take("[]") { return .array(try type(depth: depth + 1)) }
        if scanner.take("?") {
            guard !scanner.isNext("?") else { throw scanner.failure("nullable twice") }
            return .nullable(try type(depth: depth + 1))
        }
        if scanner.isNext("(") { return try structureOrEnumeration(depth: depth) }
        let place = scanner.place
        switch scanner.word() {
        case "bool": return .bool
        case "int": return .int
        case "float": return .float
        case "string": return .string
        case "object": return .object
        case "any": return .any
        case let name where InterfaceScanner.isMemberName(name):
            uses.append((name, place))
            return .named(name)
        default: throw scanner.failure("expected a type", at: place)
        }
    }
}

/// An interface: its text in the interface definition language, and what the text declares.
public struct Interface: Sendable, Equatable {
    /// The name, as in `org.varlink.service`.
    public let name: String
    /// The comment before the interface.
    public let documentation: String
    /// The whole text, with its comments, as clients get it.
    public let description: String
    /// The named types, in the order of the text.
    public let types: [TypeDeclaration]
    /// The methods, in the order of the text.
    public let methods: [Method]
    /// The errors, in the order of the text.
    public let errors: [ErrorDeclaration]

    /// A named type: a structure or an enumeration.
    public struct TypeDeclaration: Sendable, Equatable {
        /// The name.
        public let name: String
        /// `.structure` or `.enumeration`.
        public let type: FieldType
        /// The comment before it.
        public let documentation: String
    }

    /// A method.
    public struct Method: Sendable, Equatable {
        /// The name, without the interface's.
        public let name: String
        /// The parameters of a call.
        public let input: [Field]
        /// The parameters of a reply.
        public let output: [Field]
        /// The comment before it.
        public let documentation: String
    }

    /// An error.
    public struct ErrorDeclaration: Sendable, Equatable {
        /// The name, without the interface's.
        public let name: String
        /// The parameters.
        public let fields: [Field]
        /// The comment before it.
        public let documentation: String
    }

    /// A member of a structure, or a parameter.
    public struct Field: Sendable, Equatable {
        /// The name.
        public let name: String
        /// The type.
        public let type: FieldType
        /// The comment before it.
        public let documentation: String
    }

    /// The type of a field.
    public indirect enum FieldType: Sendable, Equatable {
        /// `bool`
        case bool
        /// `int`
        case int
        /// `float`
        case float
        /// `string`
        case string
        /// `object`: any object
        case object
        /// `any`: any value but null
        case any
        /// `(name: type, …)`
        case structure([Field])
        /// `(name, …)`
        case enumeration([String])
        /// `[]type`
        case array(FieldType)
        /// `[string]type`
        case dictionary(FieldType)
        /// `?type`
        case nullable(FieldType)
        /// The name of a type that the interface declares.
        case named(String)
    }

    /// Reads an interface from its text; every named type that is used must be declared in it.
    public init(parsing text: String) throws(InterfaceError) {
        var parser = InterfaceParser(text)
        let members = try parser.interface()
        name = members.name
        documentation = members.documentation
        description = text
        types = members.types
        methods = members.methods
        errors = members.errors
    }

    /// The method of this name, without the interface's.
    public func method(_ name: String) -> Method? { methods.first { $0.name == name } }
    /// The type of this name.
    public func type(_ name: String) -> FieldType? { types.first { $0.name == name }?.type }
    /// The error of this name, without the interface's.
    public func error(_ name: String) -> ErrorDeclaration? { errors.first { $0.name == name } }

    /// Where `parameters` are not what `fields` declare, or nil if they are.
    /// - Parameter allowingUnknown: whether members that are not declared are ignored, as a client does.
    public func mismatch(
        in parameters: [String: JSONValue], with fields: [Field], allowingUnknown: Bool = false
    ) -> Mismatch? {
        TypeCheck(interface: self, allowingUnknown: allowingUnknown).structure(parameters, fields, at: "")
    }

    /// A place in some parameters that is not as declared.
    public struct Mismatch: Sendable, Equatable, CustomStringConvertible {
        /// The way there, as in `plan.steps[2].name`.
        public let path: String
        /// What is wrong with it.
        public let reason: String
        /// Both.
        public var description: String { "\"\(path)\": \(reason)" }
    }
}

/// Why a text is no interface definition.
public struct InterfaceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The reason.
    public let reason: String
    /// The line, the first being 1.
    public let line: Int
    /// The character in the line, the first being 1.
    public let column: Int

    /// The place and the reason.
    public var description: String { "cannot read interface: line \(line), column \(column): \(reason)" }
}

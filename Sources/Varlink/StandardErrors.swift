/// An error reply: the fully-qualified name of the error, and its parameters.
public struct VarlinkError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The fully-qualified name, as in `org.varlink.service.MethodNotFound`.
    public var name: String
    /// The error's parameters, as its declaration in the interface has them.
    public var parameters: [String: JSONValue]

    /// An error with this name and these parameters.
    public init(name: String, parameters: [String: JSONValue] = [:]) {
        self.name = name
        self.parameters = parameters
    }

    /// An error with this name, its parameters taken from a value that encodes as an object.
    public init(name: String, encoding parameters: some Encodable) throws {
        self.init(name: name, parameters: try JSONValue.object(encoding: parameters))
    }

    /// The parameters as a value.
    public func decode<Parameters: Decodable>(_ type: Parameters.Type = Parameters.self) throws -> Parameters {
        try JSONValue.object(parameters).decode(type)
    }

    /// The name, and the parameters if there are any.
    public var description: String {
        parameters.isEmpty ? name : "\(name) \(JSONValue.object(parameters))"
    }
}

extension VarlinkError {
    /// `org.varlink.service.InterfaceNotFound`: no such interface here.
    public static func interfaceNotFound(_ interface: String) -> VarlinkError {
        VarlinkError(name: "org.varlink.service.InterfaceNotFound", parameters: ["interface": .string(interface)])
    }

    /// `org.varlink.service.MethodNotFound`: the interface declares no such method.
    public static func methodNotFound(_ method: String) -> VarlinkError {
        VarlinkError(name: "org.varlink.service.MethodNotFound", parameters: ["method": .string(method)])
    }

    /// `org.varlink.service.MethodNotImplemented`: declared, but not to be had here.
    public static func methodNotImplemented(_ method: String) -> VarlinkError {
        VarlinkError(name: "org.varlink.service.MethodNotImplemented", parameters: ["method": .string(method)])
    }

    /// `org.varlink.service.InvalidParameter`: a parameter is missing, unknown, of the wrong type or out of range.
    public static func invalidParameter(_ parameter: String) -> VarlinkError {
        VarlinkError(name: "org.varlink.service.InvalidParameter", parameters: ["parameter": .string(parameter)])
    }

    /// `org.varlink.service.PermissionDenied`: this client may not.
    public static let permissionDenied = VarlinkError(name: "org.varlink.service.PermissionDenied")

    /// `org.varlink.service.ExpectedMore`: the method makes sense with `more` only.
    public static let expectedMore = VarlinkError(name: "org.varlink.service.ExpectedMore")
}

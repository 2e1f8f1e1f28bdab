// A message that breaks the rules, so that there is no way to answer it: the connection is closed.
struct ProtocolViolation: Error, Equatable, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}

// A call, from client to server.
struct CallMessage: Equatable {
    var method: String
    // nil if what was sent is no object; absent and null are an empty object.
    var parameters: [String: JSONValue]?
    var more = false
    var oneway = false
    var upgrade = false

    init(method: String, parameters: [String: JSONValue] = [:], more: Bool = false, oneway: Bool = false) {
        self.method = method
        self.parameters = parameters
        self.more = more
        self.oneway = oneway
    }

    init(parsing bytes: some Sequence<UInt8>, nesting: Int) throws(ProtocolViolation) {
        let members = try header(bytes, known: ["method", "parameters", "more", "oneway", "upgrade"], nesting: nesting)
        guard case .string(let method) = members["method"] else { throw ProtocolViolation(reason: "no method") }
        self.method = method
        parameters = Self.parameters(members)
        more = try flag("more", members)
        oneway = try flag("oneway", members)
        upgrade = try flag("upgrade", members)
        guard [more, oneway, upgrade].filter({ $0 }).count <= 1 else {
            throw ProtocolViolation(reason: "more than one flag")
        }
    }

    private static func parameters(_ members: [String: JSONValue]) -> [String: JSONValue]? {
        switch members["parameters"] {
        case nil, .null: [:]
        case .some(let value): value.objectValue
        }
    }

    func serialized() throws(JSONError) -> [UInt8] {
        var members: [String: JSONValue] = ["method": .string(method)]
        if let parameters, !parameters.isEmpty { members["parameters"] = .object(parameters) }
        if more { members["more"] = true }
        if oneway { members["oneway"] = true }
        if upgrade { members["upgrade"] = true }
        return try JSONValue.object(members).serialized()
    }
}

// A reply, from server to client.
struct ReplyMessage: Equatable {
    var parameters: [String: JSONValue] = [:]
    var continues = false
    var error: String?

    init(parameters: [String: JSONValue], continues: Bool = false) {
        self.parameters = parameters
        self.continues = continues
    }

    init(error: VarlinkError) {
        parameters = error.parameters
        self.error = error.name
    }

    init(parsing bytes: some Sequence<UInt8>, nesting: Int) throws(ProtocolViolation) {
        let members = try header(bytes, known: ["parameters", "continues", "error"], nesting: nesting)
        switch members["parameters"] {
        case nil, .null: break
        case .object(let parameters): self.parameters = parameters
        default: throw ProtocolViolation(reason: "parameters are no object")
        }
        continues = try flag("continues", members)
        switch members["error"] {
        case nil, .null: break
        case .string(let error): self.error = error
        default: throw ProtocolViolation(reason: "error is no string")
        }
    }

    func serialized() throws(JSONError) -> [UInt8] {
        var members: [String: JSONValue] = [:]
        if !parameters.isEmpty { members["parameters"] = .object(parameters) }
        if continues { members["continues"] = true }
        if let error { members["error"] = .string(error) }
        return try JSONValue.object(members).serialized()
    }
}

// The members of a message. Others than the known ones must have a dot in their names: vendors' own, ignored.
private func header(
    _ bytes: some Sequence<UInt8>, known: Set<String>, nesting: Int
) throws(ProtocolViolation) -> [String: JSONValue] {
    let value: JSONValue
    do {
        value = try JSONValue(parsing: bytes, nesting: nesting)
    } catch {
        throw ProtocolViolation(reason: "not JSON: \(error)")
    }
    guard case .object(let members) = value else { throw ProtocolViolation(reason: "not an object") }
    if let name = members.keys.first(where: { !known.contains($0) && !$0.contains(".") }) {
        throw ProtocolViolation(reason: "unknown member \"\(name)\"")
    }
    return members
}

private func flag(_ name: String, _ members: [String: JSONValue]) throws(ProtocolViolation) -> Bool {
    switch members[name] {
    case nil, .null: return false
    case .bool(let truth): return truth
    default: throw ProtocolViolation(reason: "\"\(name)\" is no Boolean")
    }
}

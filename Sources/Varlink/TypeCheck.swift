// Compares values with the types that an interface declares.
struct TypeCheck {
    let interface: Interface
    let allowingUnknown: Bool

    func structure(
        _ members: [String: JSONValue], _ fields: [Interface.Field], at path: String
    ) -> Interface.Mismatch? {
        if !allowingUnknown {
            let unknown = members.keys.filter { name in !fields.contains { $0.name == name } }.min()
            if let unknown { return .init(path: join(path, unknown), reason: "not declared") }
        }
        for field in fields {
            let place = join(path, field.name)
            guard let value = members[field.name] else {
                if case .nullable = field.type { continue }
                return .init(path: place, reason: "missing")
            }
            if let mismatch = check(value, field.type, at: place) { return mismatch }
        }
        return nil
    }

    private func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    private func check(_ value: JSONValue, _ type: Interface.FieldType, at path: String) -> Interface.Mismatch? {
        switch (type, value) {
        case (.nullable, .null): return nil
        case (.nullable(let type), _): return check(value, type, at: path)
        case (.bool, .bool), (.int, .int), (.float, .double), (.float, .int), (.string, .string), (.object, .object):
            return nil
        case (.any, _) where value != .null: return nil
        case (.structure(let fields), .object(let members)): return structure(members, fields, at: path)
        case (.enumeration(let names), .string(let text)):
            return names.contains(text) ? nil : .init(path: path, reason: "\"\(text)\" is none of its values")
        case (.array(let type), .array(let elements)):
            for (index, element) in elements.enumerated() {
                if let mismatch = check(element, type, at: "\(path)[\(index)]") { return mismatch }
            }
            return nil
        case (.dictionary(let type), .object(let members)):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                if let mismatch = check(member, type, at: join(path, name)) { return mismatch }
            }
            return nil
        case (.named(let name), _):
            guard let type = interface.type(name) else { return .init(path: path, reason: "no type \"\(name)\"") }
            return check(value, type, at: path)
        default: return .init(path: path, reason: "is of type \(value.kind), not as declared")
        }
    }
}

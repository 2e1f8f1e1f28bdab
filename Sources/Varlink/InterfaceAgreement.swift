extension Interface {
    /// How the type that a program uses for some parameters differs from what the interface declares for them; empty
    /// if they agree. For tests: example values are made from the declaration (all nullable fields present, all
    /// absent, each value of an enumeration), decoded and encoded again.
    /// - Parameter samples: values to take for fields of these names (at any depth) instead of made-up ones, for
    ///   types that do not take any string or number.
    public func disagreements<Parameters: Codable>(
        of type: Parameters.Type, with fields: [Field], samples: [String: JSONValue] = [:]
    ) -> [String] {
        var found: [String] = []
        var maker = SampleMaker(interface: self, samples: samples)
        for round in 0..<max(1, maker.rounds(fields)) {
            maker.round = round
            for isFull in [true, false] {
                maker.isFull = isFull
                let sample = maker.members(fields)
                found += disagreements(of: type, with: sample, isFull: isFull)
            }
        }
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }
    }

    private func disagreements<Parameters: Codable>(
        of type: Parameters.Type, with sample: [String: JSONValue], isFull: Bool
    ) -> [String] {
        do {
            let value = try JSONValue.object(sample).decode(type)
            let encoded = try JSONValue.object(encoding: value).filter { $0.value != .null }
            var found = sample.keys.filter { encoded[$0] != sample[$0] }.sorted()
                .map { "\"\($0)\": \(type) makes \(encoded[$0] ?? .null) of \(sample[$0] ?? .null)" }
            found += encoded.keys.filter { sample[$0] == nil }.sorted().map { "\"\($0)\": not declared" }
            // With all that is declared present, a property that is nil is one that nothing declares.
            for case (let label?, let child) in Mirror(reflecting: value).children where isFull {
                let mirror = Mirror(reflecting: child)
                if mirror.displayStyle == .optional && mirror.children.isEmpty {
                    found.append("\"\(label)\": not declared")
                }
            }
            return found
        } catch let error as DecodingError {
            return ["\"\(error.path)\": \(type) does not take what is declared"]
        } catch {
            return ["\(type): \(error)"]
        }
    }
}

// Makes values of declared types.
private struct SampleMaker {
    let interface: Interface
    let samples: [String: JSONValue]
    // Which value of each enumeration is taken.
    var round = 0
    var isFull = true

    init(interface: Interface, samples: [String: JSONValue]) {
        self.interface = interface
        self.samples = samples
    }

    func members(_ fields: [Interface.Field], depth: Int = 0) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        for field in fields {
            if case .nullable = field.type, !isFull || depth > 8 { continue }
            members[field.name] = samples[field.name] ?? value(field.type, depth: depth + 1)
        }
        return members
    }

    private func value(_ type: Interface.FieldType, depth: Int) -> JSONValue {
        switch type {
        case .bool: true
        case .int: .int(Int64(depth))
        case .float: 0.5
        case .string: "text"
        case .object: ["any": [1, "two"]]
        case .any: "any"
        case .structure(let fields): .object(members(fields, depth: depth))
        case .enumeration(let names): .string(names.isEmpty ? "" : names[round % names.count])
        case .array(let type): depth > 8 ? [] : [value(type, depth: depth + 1)]
        case .dictionary(let type): depth > 8 ? [:] : ["key": value(type, depth: depth + 1)]
        case .nullable(let type): value(type, depth: depth)
        case .named(let name): interface.type(name).map { value($0, depth: depth) } ?? .null
        }
    }

    // As many as the longest enumeration has values.
    func rounds(_ fields: [Interface.Field]) -> Int {
        var seen: Set<String> = []
        return fields.map { longest($0.type, &seen) }.max() ?? 0
    }

    private func longest(_ type: Interface.FieldType, _ seen: inout Set<String>) -> Int {
        switch type {
        case .enumeration(let names): return names.count
        case .array(let type), .dictionary(let type), .nullable(let type): return longest(type, &seen)
        case .structure(let fields): return fields.map { longest($0.type, &seen) }.max() ?? 0
        case .named(let name):
            guard seen.insert(name).inserted, let type = interface.type(name) else { return 0 }
            return longest(type, &seen)
        default: return 0
        }
    }
}

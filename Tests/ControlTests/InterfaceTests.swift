import Control
import Planning
import Testing
import Varlink

@Suite("The interface description and the methods' types say the same")
struct InterfaceTests {
    private let interface: Interface

    init() throws {
        interface = try ControlInterface.interface()
    }

    @Test("each method is declared, in the same order, and no other is")
    func methods() {
        #expect(interface.name == ControlInterface.name)
        #expect(interface.methods.map(\.name) == ControlInterface.methods.map { $0.name })
        #expect(Samples.exchanges.map { $0.method.name } == ControlInterface.methods.map { $0.name })
    }

    @Test("what is encoded has exactly the declared fields, each of the declared type", arguments: Samples.exchanges)
    func fields(exchange: Exchange) throws {
        let method = try #require(interface.method(exchange.method.name))
        try agree(exchange.parameters, method.input)
        try agree(exchange.reply, method.output)
    }

    @Test("what may be absent is declared nullable, and what is not nullable is needed", arguments: Samples.exchanges)
    func nullability(exchange: Exchange) throws {
        let method = try #require(interface.method(exchange.method.name))
        try nullsAgree(exchange.parameters, method.input)
        try nullsAgree(exchange.reply, method.output)
    }

    @Test("each type, method and error has a comment")
    func comments() {
        for type in interface.types { #expect(!type.documentation.isEmpty, "\(type.name)") }
        for method in interface.methods { #expect(!method.documentation.isEmpty, "\(method.name)") }
        for error in interface.errors { #expect(!error.documentation.isEmpty, "\(error.name)") }
    }

    @Test("each field of a type has a comment")
    func fieldComments() {
        for declaration in interface.types {
            guard case .structure(let fields) = declaration.type else { continue }
            for field in fields { #expect(!field.documentation.isEmpty, "\(declaration.name).\(field.name)") }
        }
        for method in interface.methods {
            for field in method.input + method.output {
                #expect(!field.documentation.isEmpty, "\(method.name).\(field.name)")
            }
        }
        for error in interface.errors {
            for field in error.fields { #expect(!field.documentation.isEmpty, "\(error.name).\(field.name)") }
        }
    }

    @Test("no line is longer than 120 characters")
    func lineLength() {
        for line in ControlInterface.description.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    }

    /// The other way round: each field that the text declares is in the sample, all the way down.
    private func agree(_ value: any Codable, _ fields: [Interface.Field]) throws {
        let members = try JSONValue.object(encoding: value)
        #expect(interface.mismatch(in: members, with: fields) == nil)
        for path in unset(members, fields) { Issue.record("declared, but not encoded: \(path)") }
    }

    private func unset(_ members: [String: JSONValue], _ fields: [Interface.Field]) -> [String] {
        fields.flatMap { field -> [String] in
            guard let value = members[field.name] else { return [field.name] }
            return unset(value, field.type).map { "\(field.name).\($0)" }
        }
    }

    private func unset(_ value: JSONValue, _ type: Interface.FieldType) -> [String] {
        switch (type, value) {
        case (.nullable(let type), _): return unset(value, type)
        case (.named("VersionRowChange"), .object(let members)): return members.count == 1 ? [] : ["one field"]
        case (.named(let name), _): return interface.type(name).map { unset(value, $0) } ?? [name]
        case (.structure(let fields), .object(let members)): return unset(members, fields)
        case (.array(let type), .array(let elements)):
            return elements.isEmpty ? [] : elements.flatMap { unset($0, type) }
        default: return []
        }
    }

    /// With one field taken out, decoding works exactly where the field is nullable.
    private func nullsAgree(_ value: some Codable, _ fields: [Interface.Field]) throws {
        let members = try JSONValue.object(encoding: value)
        for (path, without, isNullable) in removals(members, fields) {
            let decodes = (try? JSONValue.object(without).decode(type(of: value))) != nil
            #expect(decodes == isNullable, "\(path)")
        }
    }

    private func removals(
        _ members: [String: JSONValue], _ fields: [Interface.Field]
    ) -> [(String, [String: JSONValue], Bool)] {
        fields.flatMap { field -> [(String, [String: JSONValue], Bool)] in
            var without = members
            without[field.name] = nil
            var isNullable = false
            if case .nullable = field.type { isNullable = true }
            var found = [(field.name, without, isNullable)]
            guard let value = members[field.name] else { return found }
            for (path, inner, nullable) in removals(value, field.type) {
                var with = members
                with[field.name] = inner
                found.append(("\(field.name).\(path)", with, nullable))
            }
            return found
        }
    }

    private func removals(_ value: JSONValue, _ type: Interface.FieldType) -> [(String, JSONValue, Bool)] {
        switch (type, value) {
        case (.nullable(let type), _): return removals(value, type)
        case (.named("VersionRowChange"), _): return []
        case (.named("Failure"), .object(let members)):
            // A failure without notes is read as one with none: what an older program may have written.
            return removals(value, interface.type("Failure") ?? .object).filter { _, _, _ in !members.isEmpty }
                .filter { !$0.0.hasPrefix("notes") }
        case (.named(let name), _): return interface.type(name).map { removals(value, $0) } ?? []
        case (.structure(let fields), .object(let members)):
            return removals(members, fields).map { ($0.0, .object($0.1), $0.2) }
        case (.array(let type), .array(let elements)):
            guard let first = elements.first else { return [] }
            return removals(first, type).map { ($0.0, .array([$0.1] + elements.dropFirst()), $0.2) }
        default: return []
        }
    }
}

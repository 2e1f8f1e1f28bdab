import Testing
import Varlink

struct InterfaceAgreementTests {
    private let interface: Interface

    init() throws {
        interface = try Interface(
            parsing: """
                interface a.b
                type Kind (one, two)
                type Node (kind: Kind, next: ?Node)
                method F(id: string, count: int, share: ?float, node: ?Node, tags: []string, raw: ?object) -> ()
                """)
    }

    private func disagreements<Parameters: Codable>(_ type: Parameters.Type) throws -> [String] {
        interface.disagreements(of: type, with: try #require(interface.method("F")?.input))
    }

    enum Kind: String, Codable { case one, two }
    final class Node: Codable {
        var kind: Kind
        var next: Node?
    }
    struct Agreeing: Codable {
        var id: String
        var count: Int
        var share: Double?
        var node: Node?
        var tags: [String]
        var raw: JSONValue?
    }

    @Test func agree() throws {
        #expect(try disagreements(Agreeing.self) == [])
    }

    struct Nullable: Codable { var id: String, count: Int, share: Double, node: Node?, tags: [String], raw: JSONValue? }
    struct Missing: Codable { var id: String, count: Int, share: Double?, node: Node?, tags: [String] }
    struct Extra: Codable {
        var id: String, count: Int, share: Double?, node: Node?, tags: [String], raw: JSONValue?, extra: Int?
    }
    struct WrongType: Codable { var id: Int, count: Int, share: Double?, node: Node?, tags: [String], raw: JSONValue? }
    struct NarrowNode: Codable {
        enum Kind: String, Codable { case one }
        struct Inner: Codable { var kind: Kind, next: JSONValue? }
        var id: String, count: Int, share: Double?, node: Inner?, tags: [String], raw: JSONValue?
    }

    @Test func disagree() throws {
        #expect(try disagreements(Nullable.self) == ["\"share\": Nullable does not take what is declared"])
        #expect(try disagreements(Missing.self) == ["\"raw\": Missing makes null of {\"any\":[1,\"two\"]}"])
        #expect(try disagreements(Extra.self) == ["\"extra\": not declared"])
        #expect(try disagreements(WrongType.self) == ["\"id\": WrongType does not take what is declared"])
        #expect(try disagreements(NarrowNode.self) == ["\"node.kind\": NarrowNode does not take what is declared"])
    }

    @Test func takesGivenSamples() throws {
        struct Narrow: Codable {
            enum Name: String, Codable { case known }
            var id: Name, count: Int, share: Double?, node: Node?, tags: [Name], raw: JSONValue?
        }
        let fields = try #require(interface.method("F")?.input)
        let samples: [String: JSONValue] = ["id": "known", "tags": ["known"]]
        #expect(interface.disagreements(of: Narrow.self, with: fields, samples: samples) == [])
    }
}

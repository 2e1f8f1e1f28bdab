import Synchronization
import Varlink

/// The server side of `org.varlink.certification`: each method gives what the next one must be called with.
struct CertificationService: Sendable {
    static let name = "org.varlink.certification"
    private let nextMethod = Sessions()

    final class Sessions: Sendable {
        private let next = Mutex<[String: String]>([:])

        func begin() -> String {
            let id = String(UInt64.random(in: 1...UInt64.max), radix: 16)
            next.withLock { $0[id] = "Test01" }
            return id
        }

        func step(_ id: String, from method: String, to following: String?) throws {
            try next.withLock { next in
                guard let expected = next[id] else { throw VarlinkError(name: "\(name).ClientIdError") }
                guard expected == method else {
                    throw mismatch(["method": .string(expected)], ["method": .string(method)])
                }
                next[id] = following
            }
        }
    }

    static func mismatch(_ wants: [String: JSONValue], _ got: [String: JSONValue]) -> VarlinkError {
        VarlinkError(name: "\(name).CertificationError", parameters: ["wants": .object(wants), "got": .object(got)])
    }

    static let text = """
        # Interface to test varlink implementations against.
        interface org.varlink.certification

        type Interface (
          foo: ?[]?[string](foo, bar, baz),
          anon: (foo: bool, bar: bool)
        )

        type MyType (
          object: object,
          enum: (one, two, three),
          struct: (first: int, second: string),
          array: []string,
          dictionary: [string]string,
          stringset: [string](),
          nullable: ?string,
          nullable_array_struct: ?[](first: int, second: string),
          interface: Interface
        )

        method Start() -> (client_id: string)
        method Test01(client_id: string) -> (bool: bool)
        method Test02(client_id: string, bool: bool) -> (int: int)
        method Test03(client_id: string, int: int) -> (float: float)
        method Test04(client_id: string, float: float) -> (string: string)
        method Test05(client_id: string, string: string) -> (bool: bool, int: int, float: float, string: string)
        method Test06(client_id: string, bool: bool, int: int, float: float, string: string) -> (
          struct: (bool: bool, int: int, float: float, string: string)
        )
        method Test07(client_id: string, struct: (bool: bool, int: int, float: float, string: string)) -> (
          map: [string]string
        )
        method Test08(client_id: string, map: [string]string) -> (set: [string]())
        method Test09(client_id: string, set: [string]()) -> (mytype: MyType)
        # returns more than one reply with "continues"
        method Test10(client_id: string, mytype: MyType) -> (string: string)
        # must be called as "oneway"
        method Test11(client_id: string, last_more_replies: []string) -> ()
        method End(client_id: string) -> (all_ok: bool)

        error ClientIdError ()
        error CertificationError (wants: object, got: object)
        """

    static let scalars: [String: JSONValue] = [
        "bool": false, "int": 2, "float": .double(.pi), "string": "a lot of string",
    ]
    static let map: JSONValue = ["foo": "Foo", "bar": "Bar"]
    static let set: JSONValue = ["one": [:], "two": [:], "three": [:]]
    static let mytype: JSONValue = [
        "object": ["method": "org.varlink.certification.Test09", "parameters": ["map": map]], "enum": "two",
        "struct": ["first": 1, "second": "2"], "array": ["one", "two", "three"], "dictionary": map, "stringset": set,
        "nullable": nil, "nullable_array_struct": nil,
        "interface": [
            "foo": [nil, ["foo": "foo", "bar": "bar"], nil, ["one": "foo", "two": "bar"]],
            "anon": ["foo": true, "bar": false],
        ],
    ]
    static let replies: [JSONValue] = (1...10).map { .string("Reply number \($0)") }

    /// The methods in order: what each wants besides the client's id, and what it replies with.
    static let steps: [(method: String, wants: [String: JSONValue], reply: [String: JSONValue])] = [
        ("Test01", [:], ["bool": true]), ("Test02", ["bool": true], ["int": 1]), ("Test03", ["int": 1], ["float": 1.0]),
        ("Test04", ["float": 1.0], ["string": "ping"]), ("Test05", ["string": "ping"], scalars),
        ("Test06", scalars, ["struct": .object(scalars)]), ("Test07", ["struct": .object(scalars)], ["map": map]),
        ("Test08", ["map": map], ["set": set]), ("Test09", ["set": set], ["mytype": mytype]),
        ("Test10", ["mytype": mytype], [:]), ("Test11", ["last_more_replies": .array(replies)], [:]),
        ("End", [:], ["all_ok": true]),
    ]

    /// Without members that are null, and with numbers that have no fraction as integers: as JSON cannot tell.
    private static func normal(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(members.filter { $0.value != .null }.mapValues(normal))
        case .array(let elements): .array(elements.map(normal))
        case .double(let number): Int64(exactly: number).map { .int($0) } ?? value
        default: value
        }
    }

    private func check(_ parameters: JSONValue, step: Int) throws {
        let (method, wants, _) = Self.steps[step]
        let following = step + 1 < Self.steps.count ? Self.steps[step + 1].method : nil
        var got = parameters.objectValue ?? [:]
        try nextMethod.step(got["client_id"]?.stringValue ?? "", from: method, to: following)
        got["client_id"] = nil
        guard Self.normal(.object(got)) == Self.normal(.object(wants)) else { throw Self.mismatch(wants, got) }
    }

    func server() throws -> Server {
        let start = MethodHandler("\(Self.name).Start") { (_: NoParameters, _) in
            ["client_id": nextMethod.begin()]
        }
        let steps = Self.steps.indices.map { index -> MethodHandler in
            let (method, _, reply) = Self.steps[index]
            guard method == "Test10" else {
                return MethodHandler("\(Self.name).\(method)") { (parameters: JSONValue, call) in
                    try check(parameters, step: index)
                    guard call.oneway == (method == "Test11") else { throw Self.mismatch(["oneway": true], [:]) }
                    return JSONValue.object(reply)
                }
            }
            return MethodHandler(streaming: "\(Self.name).\(method)") {
                (parameters: JSONValue, call: StreamingCall<JSONValue>) in
                try call.call.requireMore()
                try check(parameters, step: index)
                for reply in Self.replies.dropLast() { try await call.send(["string": reply]) }
                try await call.finish(["string": Self.replies[9]])
            }
        }
        return Server(
            information: .init(vendor: "Example", product: "Certification", version: "1", url: "https://varlink.org"),
            interfaces: [try Interface(parsing: Self.text)], handlers: [start] + steps
        ) {
            VarlinkError(name: "\(Self.name).CertificationError", parameters: ["got": [:], "wants": .string("\($0)")])
        }
    }

    /// The client side: carries out all the steps, each with what the one before replied.
    static func runClient(_ client: Client) async throws -> Bool {
        var last = try await client.call("\(name).Start", [:])
        let id = last["client_id"] ?? .null
        last = [:]
        for (method, _, _) in steps {
            last["client_id"] = id
            switch method {
            case "Test10":
                var replies: [JSONValue] = []
                for try await reply in client.stream("\(name).Test10", JSONValue.object(last), of: JSONValue.self) {
                    replies.append(reply["string"] ?? .null)
                }
                last = ["last_more_replies": .array(replies)]
            case "Test11":
                try await client.callOneway("\(name).Test11", JSONValue.object(last))
                last = [:]
            default: last = try await client.call("\(name).\(method)", last)
            }
        }
        return last == ["all_ok": true]
    }
}

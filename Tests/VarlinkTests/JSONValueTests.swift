import Testing

@testable import Varlink

struct JSONValueTests {
    static let texts: [(String, JSONValue)] = [
        ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
        ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)), ("1.5", 1.5), ("1e2", 100.0),
        ("1.0", 1.0), ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("\"\"", ""),
        (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{c}\n\r\tz")), (#""\u0041\u00e9\u20ac\ud83d\ude00""#, "Aé€😀"),
        (#""\u0000""#, "\0"), ("\"é€😀\"", "é€😀"), ("[]", []), ("[1, \"x\" ,[null]]", [1, "x", [nil]]), ("{}", [:]),
        ("\t{ \"a\" : 1 ,\"b\":{\"a\":2} }\r\n", ["a": 1, "b": ["a": 2]]),
    ]

    @Test(arguments: texts)
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text.utf8) == value)
        #expect(try JSONValue(parsing: value.serialized()) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "01", "-", "+1", "1.", ".5", "1e", "1e400", "-1e999", "NaN", "Infinity", "\"",
        "\"a",
        "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "[",
        "[1",
        "[1,]", "[,1]", "[1 2]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\":1,\"a\":2}",
        "{\"a\":1 \"b\":2}", "1 2", "{}{}", "\u{FEFF}{}", "// x\n1", "{\"a\":1}\0",
    ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
    ])
    func refusesInvalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        let escaped = Array("\"\\n".utf8) + bytes.dropFirst()
        #expect(throws: JSONError.self) { try JSONValue(parsing: escaped) }
    }

    @Test func boundsNesting() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(500_000)) }
    }

    @Test func writesNoNumberThatIsNotFinite() {
        #expect(throws: JSONError.self) { try JSONValue.double(.nan).serialized() }
        #expect(throws: JSONError.self) { try JSONValue.array([.double(.infinity)]).serialized() }
        #expect(throws: EncodingError.self) { try JSONValue(encoding: ["x": Double.nan]) }
        #expect(throws: EncodingError.self) { try JSONValue(encoding: ["x": UInt64.max]) }
    }

    @Test func writesMembersInOrder() throws {
        let value: JSONValue = ["b": [1, 1.0, "\u{1}\n\"\\\u{7f}é"], "a": nil]
        #expect(value.description == "{\"a\":null,\"b\":[1,1.0,\"\\u0001\\n\\\"\\\\\u{7f}é\"]}")
    }

    struct Sample: Codable, Equatable {
        enum Colour: String, Codable { case red, green }
        struct Inner: Codable, Equatable {
            var numbers: [Int]
            var names: [String: Double]
        }
        var truth: Bool
        var small: UInt8
        var large: Int64
        var colour: Colour
        var inner: Inner?
        var raw: JSONValue
        var list: [Inner?]
    }

    static let sample = Sample(
        truth: true, small: 255, large: .min, colour: .green, inner: nil, raw: ["x": [1, nil, 2.5]],
        list: [.init(numbers: [1, 2], names: ["a": 1]), nil])

    @Test func codesEveryInteger() throws {
        func code<Number: FixedWidthInteger & Codable>(_: Number.Type) throws {
            let value = try JSONValue(encoding: [Number.max & 100])
            #expect(value == .array([.int(Int64(Number.max & 100))]))
            #expect(try value.decode([Number].self) == [Number.max & 100])
            #expect(throws: DecodingError.self) { try JSONValue.array([.string("1")]).decode([Number].self) }
            #expect(throws: DecodingError.self) { try JSONValue.array([.double(1)]).decode([Number].self) }
            guard Number.bitWidth < 64 else { return }
            #expect(throws: DecodingError.self) { try JSONValue.array([.int(.max)]).decode([Number].self) }
        }
        let types: [any (FixedWidthInteger & Codable).Type] = [
            Int.self, Int8.self, Int16.self, Int32.self, Int64.self, Int128.self,
            UInt.self, UInt8.self, UInt16.self, UInt32.self, UInt64.self, UInt128.self,
        ]
        for type in types { try code(type) }
        #expect(throws: DecodingError.self) { try JSONValue.array([.int(-1)]).decode([UInt64].self) }
    }

    @Test func codesTypes() throws {
        let value = try JSONValue(encoding: Self.sample)
        #expect(value["inner"] == nil)
        #expect(value["list"]?.arrayValue?.last == .null)
        #expect(try value.decode(Sample.self) == Self.sample)
        let read = try JSONValue(parsing: value.serialized())
        #expect(try read.decode(Sample.self) == Self.sample)
        #expect(try JSONValue(encoding: [[1], []]) == [[1], []])
        #expect(try JSONValue(encoding: NoParameters()) == [:])
    }

    static let wrongFields: [(String, JSONValue, String)] = [
        ("truth", JSONValue.int(1), "truth"), ("truth", nil, "truth"), ("small", 256, "small"), ("small", 1.0, "small"),
        ("large", "1", "large"), ("colour", "blue", "colour"), ("inner", ["numbers": []], "inner.names"),
        ("list", [["numbers": [1, 2, "3"], "names": [:]]], "list[0].numbers[2]"), ("list", [:], "list"),
        ("inner", ["numbers": [], "names": ["k": true]], "inner.names.k"),
    ]

    @Test(arguments: wrongFields)
    func namesTheOffendingField(name: String, value: JSONValue, path: String) throws {
        var members = try JSONValue.object(encoding: Self.sample)
        members[name] = value
        let error = #expect(throws: DecodingError.self) { try JSONValue.object(members).decode(Sample.self) }
        #expect(error?.path == path)
    }
}

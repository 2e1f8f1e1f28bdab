import Testing

@testable import Varlink

struct InterfaceTests {
    @Test func readsEverything() throws {
        let text = """
            # An example.
            # Of two lines.
            interface org.example.all   # no documentation

            # Not documentation: an empty line follows.

            # A state.
            type State (idle, busy_now, x1)
            type Pair (
              # The first.
              first: int, # not of the second
              second: string
            )

            # Does things.
            method Do(
                a: bool, b: int, c: float, d: string, e: object, f: any,
                g: []string, h: [string]int, i: ?State, j: ?[]?[string](one, two), k: (x: int, y: (z: float)),
                l: [string](), m: [][]Pair, n: ()
            ) -> (pair: Pair)\tmethod\u{20}
            """
        #expect(throws: InterfaceError.self) { try Interface(parsing: text) }
        let interface = try Interface(
            parsing: text.replacing(
                "\tmethod\u{20}", with: " # end\nmethod Nothing()->()\r\nerror Bad (why: ?string)\r"))
        #expect(interface.name == "org.example.all")
        #expect(interface.documentation == "An example.\nOf two lines.")
        #expect(interface.type("State") == .enumeration(["idle", "busy_now", "x1"]))
        #expect(interface.types.map(\.documentation) == ["A state.", ""])
        guard case .structure(let pair) = interface.type("Pair") else { return #expect(Bool(false)) }
        #expect(pair.map(\.documentation) == ["The first.", ""])
        let method = try #require(interface.method("Do"))
        #expect(method.documentation == "Does things." && method.input.map(\.name).joined() == "abcdefghijklmn")
        let types = method.input.map(\.type)
        #expect(types[0...5] == [.bool, .int, .float, .string, .object, .any])
        #expect(types[6...8] == [.array(.string), .dictionary(.int), .nullable(.named("State"))])
        #expect(types[9] == .nullable(.array(.nullable(.dictionary(.enumeration(["one", "two"]))))))
        #expect(types[11...13] == [.dictionary(.structure([])), .array(.array(.named("Pair"))), .structure([])])
        #expect(method.output.map(\.type) == [.named("Pair")])
        #expect(interface.method("Nothing")?.input == [] && interface.method("Nothing")?.output == [])
        #expect(interface.error("Bad")?.fields.map(\.type) == [.nullable(.string)])
    }

    @Test(arguments: [
        "interface a.b\nmethod F()->()", "interface xn--lgbbat1ad8j.example.algeria\nmethod F() -> ()",
        "interface a.0\nmethod F() -> ()", "interface a--1.b--c.d9\r\nmethod F() -> ()\r\n",
        "# x\n\n\tinterface a.b # y\n# z\nmethod\n# w\nF\n(\n)\n->\n(\n)# v", "interface A.B\u{2028}error E()",
        "interface a.b\ntype T (next: ?T)\nmethod F(t: []T) -> ()", "interface a.b\ntype T (type: int, method: int)",
        "interface a.b\nmethod F(a_b: int, aB_1: int) -> ()\n\n\n",
        "interface a.b\ntype E (one)\ntype S (e: ?[string]E)",
        "interface a.b\n\u{FEFF}method F\u{00A0}() -> ()",
    ])
    func accepts(text: String) {
        #expect(throws: Never.self) { try Interface(parsing: text) }
    }

    @Test(arguments: [
        "", "interface", "interface a.b", "interface a.b\n", "interface a.b method F() -> ()",
        "interfacea.b\nmethod F()->()",
        "interface a\nmethod F()->()", "interface 1a.b\nmethod F()->()", "interface a..b\nmethod F()->()",
        "interface .a.b\nmethod F()->()", "interface a.b.\nmethod F()->()", "interface a-.b\nmethod F()->()",
        "interface a.-b\nmethod F()->()", "interface a_b.c\nmethod F()->()", "interface é.b\nmethod F()->()",
        "interface a.b\nmethod f()->()", "interface a.b\nmethod F_x()->()", "interface a.b\nmethod F()",
        "interface a.b\nmethod F() - > ()", "interface a.b\nmethod F(a)->()", "interface a.b\nmethod F(a:)->()",
        "interface a.b\nmethod F(a: int,)->()", "interface a.b\nmethod F(a: int b: int)->()",
        "interface a.b\nmethod F(,)->()", "interface a.b\nmethod F(a: int, b)->()", "interface a.b\ntype T (a, b: int)",
        "interface a.b\nmethod F(_a: int)->()", "interface a.b\nmethod F(a_: int)->()",
        "interface a.b\nmethod F(a__b: int)->()", "interface a.b\nmethod F(1a: int)->()",
        "interface a.b\nmethod F(a: int, a: int)->()", "interface a.b\ntype E (x, x)",
        "interface a.b\nmethod F(a: ??int)->()", "interface a.b\nmethod F(a: []]int)->()",
        "interface a.b\nmethod F(a: [int]string)->()", "interface a.b\nmethod F(a: [ ]int)->()",
        "interface a.b\nmethod F(a: uint)->()", "interface a.b\nmethod F(a: Unknown)->()", "interface a.b\ntype T int",
        "interface a.b\nmethod F()->() method G()->()", "interface a.b\nmethod F()->()\nmethod F()->()",
        "interface a.b\ntype F()\nerror F()", "interface a.b\nerror E", "interface a.b\nerror E (a, b)",
        "interface a.b\nfunction F()->()", "interface a.b\nmethodF()->()",
        "interface a.b\nmethod F()->()\ninterface c.d",
        "interface a.b\nmethod F(a: (b: int)->()", "interface a.b\nmethod F()->())", "x interface a.b\nmethod F()->()",
        "interface a.b\nmethod F(a: \(String(repeating: "(a: ", count: 40))int\(String(repeating: ")", count: 40)))->()",
        "interface a.b\nmethod F(a: \(String(repeating: "[]", count: 100_000))int)->()",
    ])
    func refuses(text: String) {
        #expect(throws: InterfaceError.self) { try Interface(parsing: text) }
    }

    @Test func saysWhere() {
        let error = #expect(throws: InterfaceError.self) {
            try Interface(parsing: "interface a.b\r\n# é\nmethod F(a: int,\n  b: Unknown) -> ()")
        }
        #expect(error?.line == 4 && error?.column == 6)
        #expect(error?.description == "cannot read interface: line 4, column 6: no type \"Unknown\"")
    }

    @Test func comparesValuesWithDeclarations() throws {
        let interface = try Interface(
            parsing: "interface a.b\ntype T (n: ?T, a: any)\nmethod F(t: [string]T, o: object) -> (x: float)")
        let fields = try #require(interface.method("F")?.input)
        func path(_ value: JSONValue, unknown: Bool = false) throws -> String? {
            try interface.mismatch(in: #require(value.objectValue), with: fields, allowingUnknown: unknown)?.path
        }
        #expect(try path(["t": [:], "o": [:]]) == nil)
        #expect(try path(["t": ["k": ["n": ["n": nil, "a": 1], "a": [nil]]], "o": ["x": nil]]) == nil)
        #expect(try path(["t": ["k": ["n": ["n": nil, "a": nil], "a": 1]], "o": [:]]) == "t.k.n.a")
        #expect(try path(["t": [:], "o": nil]) == "o")
        #expect(try path(["t": ["k": ["a": 1, "z": 1]], "o": [:]]) == "t.k.z")
        #expect(try path(["t": ["k": ["a": 1, "z": 1]], "o": [:], "y": 1], unknown: true) == nil)
    }

    @Test func serviceInterfaceIsComplete() {
        #expect(Interface.service.methods.map(\.name) == ["GetInfo", "GetInterfaceDescription"])
        #expect(
            Interface.service.errors.map(\.name) == [
                "InterfaceNotFound", "MethodNotFound", "MethodNotImplemented", "InvalidParameter", "PermissionDenied",
                "ExpectedMore",
            ])
        let errors: [VarlinkError] = [
            .interfaceNotFound("a"), .methodNotFound("a"), .methodNotImplemented("a"), .invalidParameter("a"),
            .permissionDenied, .expectedMore,
        ]
        for (error, declaration) in zip(errors, Interface.service.errors) {
            #expect(error.name == "org.varlink.service.\(declaration.name)")
            #expect(Interface.service.mismatch(in: error.parameters, with: declaration.fields) == nil)
        }
    }
}

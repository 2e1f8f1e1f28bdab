import Testing
import Varlink

/// Raw bytes in, and what is seen: the table of the protocol's rules.
struct WireTests {
    // Messages sent, messages seen. After a violation the end must be seen, before that what came before it.
    static let answered: [(String, [String])] = [
        (#"{"method":"org.example.test.Echo","parameters":{"text":"é"}}"#, [#"{"parameters":{"text":"é"}}"#]),
        (
            " \n{\"parameters\" : {\"text\":\"a\"},\t\"method\":\"org.example.test.Echo\"} ",
            [#"{"parameters":{"text":"a"}}"#]
        ),
        (#"{"method":"org.example.test.Many"}"#, [#"{"error":"org.varlink.service.ExpectedMore"}"#]),
        (
            #"{"method":"org.example.test.Many","parameters":null,"more":true}"#,
            [#"{"continues":true,"parameters":{"number":1}}"#, #"{"parameters":{"number":2}}"#]
        ),
        (
            #"{"method":"org.example.test.Count","parameters":{"to":1},"more":true}"#,
            [#"{"continues":true,"parameters":{"number":0}}"#, "{}"]
        ),
        (#"{"method":"org.example.test.Count","parameters":{"to":0},"more":true}"#, ["{}"]),
        (#"{"method":"org.example.test.Count","parameters":{"to":7}}"#, [#"{"parameters":{"number":7}}"#]),
        // `more` is optional for the server: one reply, no `continues`.
        (
            #"{"method":"org.example.test.Echo","parameters":{"text":"a"},"more":true}"#,
            [#"{"parameters":{"text":"a"}}"#]
        ),
        (#"{"method":"org.example.test.Check","parameters":{"number":9223372036854775807}}"#, ["{}"]),
        (#"{"method":"org.example.test.Check","parameters":{"number":-9223372036854775808,"fraction":1}}"#, ["{}"]),
        (#"{"method":"org.example.test.Check","parameters":{"number":1,"inner":null,"list":null}}"#, ["{}"]),
        (
            #"{"method":"org.example.test.Check","parameters":{"number":1,"inner":{"name":"x","kind":"two"}}}"#, ["{}"]
        ),
        (
            #"{"method":"org.example.test.Break"}"#,
            [#"{"error":"org.example.test.Denied","parameters":{"reason":"BrokenHandler()"}}"#]
        ),
        (
            #"{"method":"org.example.test.Deny","parameters":{}}"#,
            [#"{"error":"org.example.test.Denied","parameters":{"reason":"so"}}"#]
        ),
        (
            #"{"method":"org.example.test.Deny","more":true}"#,
            [#"{"error":"org.example.test.Denied","parameters":{"reason":"so"}}"#]
        ),
        (
            #"{"method":"org.example.test.Missing"}"#,
            [
                #"{"error":"org.varlink.service.MethodNotImplemented","parameters":{"method":"org.example.test.Missing"}}"#
            ]
        ),
        (
            #"{"method":"org.example.test.Nope"}"#,
            [#"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"org.example.test.Nope"}}"#]
        ),
        (
            #"{"method":"org.example.nope.Echo"}"#,
            [#"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"org.example.nope"}}"#]
        ),
        (#"{"method":"Echo"}"#, [#"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":""}}"#]),
        (
            #"{"method":"org.example.test.Echo","parameters":{"text":"a"},"upgrade":true}"#,
            [#"{"error":"org.varlink.service.MethodNotImplemented","parameters":{"method":"org.example.test.Echo"}}"#]
        ),
        // Flags that are false or null are as if absent; vendors' members are ignored.
        (
            #"{"method":"org.example.test.Echo","parameters":{"text":"a"},"more":false,"oneway":null,"a.b":{"c":1}}"#,
            [#"{"parameters":{"text":"a"}}"#]
        ),
        (
            #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}}"#,
            [#"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a.b"}}"#]
        ),
    ]

    @Test(arguments: answered)
    func answers(call: String, replies: [String]) async throws {
        try await TestService().run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(call)
            for reply in replies { #expect(try await peer.receive() == reply) }
            // The connection is still good, and nothing else was sent.
            try await peer.send(#"{"method":"org.example.test.Echo","parameters":{"text":"still"}}"#)
            #expect(try await peer.receive() == #"{"parameters":{"text":"still"}}"#)
        }
    }

    static let invalid: [(String, String)] = [
        (#"{}"#, "number"), (#"{"number":null}"#, "number"), (#"{"number":"1"}"#, "number"),
        (#"{"number":1.0}"#, "number"), (#"{"number":1e2}"#, "number"), (#"{"number":9223372036854775808}"#, "number"),
        (#"{"number":1,"other":1}"#, "other"), (#"{"number":1,"fraction":"1"}"#, "fraction"),
        (#"{"number":1,"inner":{}}"#, "inner.name"), (#"{"number":1,"inner":{"name":"a","x":1}}"#, "inner.x"),
        (#"{"number":1,"inner":{"name":"a","kind":"three"}}"#, "inner.kind"), (#"{"number":1,"inner":[]}"#, "inner"),
        (#"{"number":1,"list":[1,true]}"#, "list[1]"), (#"{"number":1,"map":{"a":1}}"#, "map.a"),
        (#"[]"#, "parameters"), (#""x""#, "parameters"), (#"7"#, "parameters"),
    ]

    @Test(arguments: invalid)
    func refusesParameters(parameters: String, name: String) async throws {
        try await TestService().run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send("{\"method\":\"org.example.test.Check\",\"parameters\":\(parameters)}")
            let refusal = #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"\#(name)"}}"#
            #expect(try await peer.receive() == refusal)
        }
    }

    static let violations: [String] = [
        "", " ", "x", "{", "[]", "\"a\"", "null", "1", "{}", #"{"parameters":{}}"#, #"{"method":null}"#,
        #"{"method":1}"#,
        #"{"method":"org.example.test.Echo","more":1}"#, #"{"method":"org.example.test.Echo","oneway":"true"}"#,
        #"{"method":"org.example.test.Echo","upgrade":{}}"#, #"{"method":"org.example.test.Echo","other":1}"#,
        #"{"method":"org.example.test.Echo","X-other":{}}"#, #"{"method":"a.B","method":"a.B"}"#,
        #"{"method":"org.example.test.Echo","more":true,"oneway":true}"#,
        #"{"method":"org.example.test.Echo","more":true,"upgrade":true}"#,
        #"{"method":"org.example.test.Echo","oneway":true,"upgrade":true}"#,
        #"{"method":"org.example.test.Check","parameters":{"number":NaN}}"#,
        #"{"method":"org.example.test.Check","parameters":{"number":1e999}}"#,
        #"{"method":"org.example.test.Echo"} {}"#,
        "{\"method\":\"org.example.test.Echo\",\"parameters\":\(String(repeating: "[", count: 65))",
        "{\"method\":\"org.example.test.Echo\",\"parameters\":{\"text\":"
            + String(repeating: "[", count: 63) + String(repeating: "]", count: 63) + "}}",
    ]

    @Test(arguments: violations)
    func closesOn(violation: String) async throws {
        try await TestService().run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            let echo = #"{"method":"org.example.test.Echo","parameters":{"text":"before"}}"#
            try await peer.send(echo, violation, echo)
            #expect(try await peer.receiveAll() == [#"{"parameters":{"text":"before"}}"#])
        }
    }

    @Test func closesOnInvalidUTF8() async throws {
        try await TestService().run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            try await peer.send(Array(#"{"method":"org.example.test.Echo","parameters":{"text":""#.utf8) + [0xFF])
            try await peer.send(Array("\"}}\0".utf8))
            #expect(try await peer.receiveAll() == [])
        }
    }

    @Test func onewayIsNeverAnswered() async throws {
        let service = TestService()
        try await service.run { path, _ in
            let peer = try RawPeer(connectingTo: path)
            for method in ["Break", "Deny", "Nope", "Missing", "Many", "Count"] {
                try await peer.send("{\"method\":\"org.example.test.\(method)\",\"oneway\":true}")
            }
            try await peer.send(#"{"method":"nowhere","oneway":true}"#)
            try await peer.send(#"{"method":"org.example.test.Echo","parameters":{"text":"a"},"oneway":true}"#)
            try await peer.send(#"{"method":"org.example.test.Echo","parameters":{"text":"b"}}"#)
            #expect(try await peer.receive() == #"{"parameters":{"text":"b"}}"#)
            #expect(service.diary.all == ["a", "b"])
        }
    }

    @Test func onewayIsCarriedOutThoughTheClientIsGone() async throws {
        let service = TestService()
        try await service.run { path, _ in
            do {
                let peer = try RawPeer(connectingTo: path)
                for text in ["first", "second", "last"] {
                    try await peer.send(
                        #"{"method":"org.example.test.Echo","parameters":{"text":"\#(text)"},"oneway":true}"#)
                }
                peer.disconnect()
            }
            await service.diary.wait(for: "last")
        }
        #expect(service.diary.all.count == 3)
    }

    @Test func introspection() async throws {
        try await TestService().run { path, _ in
            let client = try await Client.connect(toPath: path)
            let information = try await client.call("org.varlink.service.GetInfo", [:])
            #expect(information["interfaces"] == ["org.varlink.service", "org.example.test"])
            #expect(information["vendor"] == "Example" && information["url"] == "https://example.org")
            for (name, text) in [
                ("org.example.test", testInterface), ("org.varlink.service", Interface.service.description),
            ] {
                let reply = try await client.call(
                    "org.varlink.service.GetInterfaceDescription", ["interface": .string(name)])
                #expect(reply == ["description": .string(text)])
            }
        }
    }
}

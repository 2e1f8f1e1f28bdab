import Control

/// Messages that resemble calls, spoiled in one way or several.
enum HostileMessage {
    /// A message without the NUL at its end.
    static func make(_ random: inout SeededGenerator) -> [UInt8] {
        var message = seed(&random)
        for _ in 0..<Int.random(in: 0...4, using: &random) { spoil(&message, &random) }
        return message
    }

    private static func seed(_ random: inout SeededGenerator) -> [UInt8] {
        let method = ControlInterface.methods.randomElement(using: &random)?.qualifiedName ?? ""
        let texts = [
            #"{"method":"\#(method)"}"#, #"{"method":"\#(method)","parameters":{}}"#,
            #"{"method":"\#(method)","parameters":{"database":"main","target":"head"},"more":true}"#,
            #"{"method":"\#(method)","parameters":{"job":"main-1","fromSequence":0},"more":true}"#,
            #"{"method":"\#(method)","oneway":true,"parameters":{"limit":-1}}"#,
            #"{"method":"org.varlink.service.GetInfo","parameters":{}}"#,
            #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.migrated.Control"}}"#,
        ]
        return Array((texts.randomElement(using: &random) ?? "").utf8)
    }

    /// What goes in between.
    private static let insertions: [[UInt8]] =
        [
            "\"", "{", "}", "[", "]", ":", ",", "null", "1e999999", "-", "99999999999999999999999999", "\\u0000",
            "\\ud800", "\\", "\u{FEFF}", " ", "\"method\":1,", "true", String(repeating: "[", count: 5000),
            String(repeating: "{\"a\":", count: 3000), String(repeating: "x", count: 20000),
        ].map { Array($0.utf8) } + [[0], [0xFF, 0xFE], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x01]]

    private static func spoil(_ message: inout [UInt8], _ random: inout SeededGenerator) {
        let at = Int.random(in: 0...message.count, using: &random)
        let end = min(message.count, at + Int.random(in: 1...16, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: message.removeSubrange(at..<end)
        case 1: message.insert(contentsOf: message[at..<end], at: at)
        case 2: message.insert(contentsOf: insertions.randomElement(using: &random) ?? [], at: at)
        case 3 where at < message.count: message[at] = UInt8.random(in: .min ... .max, using: &random)
        default: message.swapAt(0, max(0, min(at, message.count) - 1))
        }
    }
}

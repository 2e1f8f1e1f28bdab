/// Turns what is right into what resembles it.
public enum Spoiling {
    /// What goes in between: signs of JSON, numbers that are none, deep nesting, and bytes that are no UTF-8.
    private static let insertions: [[UInt8]] =
        [
            "\"", "{", "}", "[", "]", ":", ",", "null", "1e999999", "-", "99999999999999999999999999", "\\u0000",
            "\\ud800", "\\", "\u{FEFF}", " ", "\"method\":1,", "true", String(repeating: "[", count: 5000),
            String(repeating: "{\"a\":", count: 3000), String(repeating: "x", count: 20000), "(", ")", "->", "?", "[]",
            "#", "\n", "type ", "method ", "error ", "interface ",
        ].map { Array($0.utf8) } + [[0], [0xFF, 0xFE], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x01]]

    /// One change at a random place.
    public static func spoil(_ message: inout [UInt8], _ random: inout SeededGenerator) {
        let at = Int.random(in: 0...message.count, using: &random)
        let end = min(message.count, at + Int.random(in: 1...16, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: message.removeSubrange(at..<end)
        case 1: message.insert(contentsOf: message[at..<end], at: at)
        case 2: message.insert(contentsOf: insertions.randomElement(using: &random) ?? [], at: at)
        case 3 where at < message.count: message[at] = UInt8.random(in: .min ... .max, using: &random)
        default: if !message.isEmpty { message.swapAt(0, max(0, min(at, message.count) - 1)) }
        }
    }

    /// Several changes, or none.
    public static func spoiled(_ message: some Sequence<UInt8>, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(message)
        for _ in 0..<Int.random(in: 0...4, using: &random) { spoil(&bytes, &random) }
        return bytes
    }
}

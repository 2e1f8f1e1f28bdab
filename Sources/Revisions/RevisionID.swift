/// The name of a revision, as its file's header gives it and as the version table holds it.
///
/// Any text can be held, because a version table can contain anything; `problem` says whether a revision may be
/// called so.
public struct RevisionID: Hashable, Sendable {
    /// The id as it is written.
    public let rawValue: String

    /// Takes the text as it stands.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// The version table's column has room for this many characters.
    public static let maximumLength = 32

    /// A new id of 12 hexadecimal digits.
    public static func random(using generator: inout some RandomNumberGenerator) -> RevisionID {
        let digits = String(UInt64.random(in: 0..<1 << 48, using: &generator), radix: 16)
        return RevisionID(String(repeating: "0", count: 12 - digits.count) + digits)
    }

    /// A new id of 12 hexadecimal digits.
    public static func random() -> RevisionID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// The characters that the target language needs for itself.
    static let reservedCharacters: [Character] = ["+", "-", ":", "@"]

    /// The words that mean a place in the graph and can therefore name no revision.
    static let reservedWords: Set<String> = ["base", "head", "heads", "current", "none"]

    /// Why no revision may have this id; nil when it is a good one.
    public var problem: String? {
        if rawValue.isEmpty { return "it is empty" }
        if rawValue.utf8.count > Self.maximumLength, rawValue.unicodeScalars.count > Self.maximumLength {
            return "it is longer than \(Self.maximumLength) characters"
        }
        if Self.reservedWords.contains(rawValue) { return "the word has a meaning of its own in targets" }
        return Self.problem(withCharactersOf: rawValue)
    }

    /// The characters of `text` that no id and no label may contain, as a reason; nil when there are none.
    static func problem(withCharactersOf text: String) -> String? {
        let isPlain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
        }
        if isPlain { return nil }
        for character in text {
            if reservedCharacters.contains(character) {
                return "it contains \"\(character)\", which has a meaning of its own in targets"
            }
            let isControl = character.unicodeScalars.contains { $0.value < 32 }
            if character == "," || character.isWhitespace || isControl {
                return "it contains white space, a comma or a control character"
            }
        }
        return nil
    }
}

extension RevisionID: Comparable {
    public static func < (left: RevisionID, right: RevisionID) -> Bool { left.rawValue < right.rawValue }
}

extension RevisionID: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral value: String) { self.init(value) }

    public var description: String { rawValue }
}

extension RevisionID: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

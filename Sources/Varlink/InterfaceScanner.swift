// The characters of an interface definition: names, white space, comments.
struct InterfaceScanner {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    var isAtEnd: Bool { index >= scalars.count }
    var isAtSpace: Bool { index < scalars.count && (Self.isSpace(scalars[index]) || scalars[index] == "#") }

    // Where the scanner is, for a failure that is found out later.
    var place: Int { index }

    func failure(_ reason: String, at given: Int? = nil) -> InterfaceError {
        var line = 1
        var column = 1
        for (place, scalar) in scalars[..<(given ?? index)].enumerated() {
            let isFirstOfTwo = scalar == "\r" && place + 1 < scalars.count && scalars[place + 1] == "\n"
            if Self.isLineEnd(scalar) && !isFirstOfTwo {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return InterfaceError(reason: reason, line: line, column: column)
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x20, 0xA0, 0xFEFF, 0x1680, 0x180E, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: true
        default: isLineEnd(scalar)
        }
    }

    // Skips white space and comments. What it returns is the documentation for what follows: the comments that have
    // a line of their own and no empty line after them.
    mutating func skip() -> String {
        var lines: [String] = []
        var lineEnds = index == 0 ? 1 : 0
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "#" {
                let comment = comment()
                if lineEnds > 0 { lines.append(comment) }
                lineEnds = 0
            } else if Self.isLineEnd(scalar) {
                if scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n" { index += 1 }
                index += 1
                lineEnds += 1
                if lineEnds > 1 { lines = [] }
            } else if Self.isSpace(scalar) {
                index += 1
            } else {
                break
            }
        }
        return lines.joined(separator: "\n")
    }

    private mutating func comment() -> String {
        index += 1
        if index < scalars.count && scalars[index] == " " { index += 1 }
        let start = index
        while index < scalars.count && !Self.isLineEnd(scalars[index]) { index += 1 }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<index])
        return String(text)
    }

    // Demands that nothing but white space or a comment stands before the end of the line.
    mutating func lineEnd(after what: String) throws(InterfaceError) {
        var ahead = index
        while ahead < scalars.count, Self.isSpace(scalars[ahead]), !Self.isLineEnd(scalars[ahead]) { ahead += 1 }
        guard ahead < scalars.count, Self.isLineEnd(scalars[ahead]) || scalars[ahead] == "#" else {
            throw failure("expected a line break after \(what)")
        }
    }

    // Demands a line break after a member (the end of the text will do), and returns the next one's documentation.
    mutating func memberEnd() throws(InterfaceError) -> String {
        var ahead = self
        _ = ahead.skip()
        if !ahead.isAtEnd { try lineEnd(after: "the member") }
        return skip()
    }

    // A run of letters and digits; may be empty.
    mutating func word() -> String {
        take { Self.isLetter($0) || Self.isDigit($0) }
    }

    private mutating func take(while belongs: (Unicode.Scalar) -> Bool) -> String {
        let start = index
        while index < scalars.count && belongs(scalars[index]) { index += 1 }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<index])
        return String(text)
    }

    mutating func take(_ text: String) -> Bool {
        guard isNext(text) else { return false }
        index += text.unicodeScalars.count
        return true
    }

    func isNext(_ text: String) -> Bool { scalars[index...].starts(with: text.unicodeScalars) }

    mutating func interfaceName() throws(InterfaceError) -> String {
        let start = index
        let name = take { Self.isLetter($0) || Self.isDigit($0) || $0 == "." || $0 == "-" }
        guard Self.isInterfaceName(name) else { throw failure("expected an interface's name", at: start) }
        return name
    }

    mutating func memberName() throws(InterfaceError) -> String {
        let start = index
        let name = take { Self.isLetter($0) || Self.isDigit($0) || $0 == "_" }
        guard Self.isMemberName(name) else {
            throw failure("expected a name that begins with a capital letter", at: start)
        }
        return name
    }

    mutating func fieldName() throws(InterfaceError) -> String {
        let start = index
        let name = take { Self.isLetter($0) || Self.isDigit($0) || $0 == "_" }
        guard Self.isFieldName(name) else { throw failure("expected a field's name", at: start) }
        return name
    }
}

extension InterfaceScanner {
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    // [A-Za-z]([-]*[A-Za-z0-9])*(\.[A-Za-z0-9]([-]*[A-Za-z0-9])*)+
    static func isInterfaceName(_ name: String) -> Bool {
        let components = name.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false)
        guard components.count >= 2, let first = name.unicodeScalars.first, isLetter(first) else { return false }
        return components.allSatisfy { component in
            guard let first = component.first, first != "-", component.last != "-" else { return false }
            return component.allSatisfy { isLetter($0) || isDigit($0) || $0 == "-" }
        }
    }

    // [A-Z][A-Za-z0-9]*
    static func isMemberName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, ("A"..."Z").contains(first) else { return false }
        return name.unicodeScalars.allSatisfy { isLetter($0) || isDigit($0) }
    }

    // [A-Za-z](_?[A-Za-z0-9])*
    static func isFieldName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, isLetter(first) else { return false }
        guard name.unicodeScalars.last != "_", !name.contains("__") else { return false }
        return name.unicodeScalars.allSatisfy { isLetter($0) || isDigit($0) || $0 == "_" }
    }
}

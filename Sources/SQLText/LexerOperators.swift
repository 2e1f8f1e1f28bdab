/// What was found out about a run of operator characters, so that a long run is looked at once and not once a token.
struct OperatorRun: Sendable {
    /// The end of the run: the first byte that is no operator character, or the beginning of a comment.
    var end: Int
    /// The last character in it that no standard operator has, but not the run's last byte; -1 if there is none.
    var lastExtended: Int
    /// The beginning of the `+` and `-` that end the run.
    var trailing: Int
}

extension Lexer {
    /// An operator; `+` and `-` end one only if a character that no standard operator has is in it.
    mutating func scanOperator() -> Token.Kind {
        if offset >= operatorRun.end { operatorRun = findOperatorRun(from: offset) }
        if operatorRun.trailing < operatorRun.end, operatorRun.lastExtended < offset {
            offset = max(offset + 1, operatorRun.trailing)
        } else {
            offset = operatorRun.end
        }
        return .operator
    }

    private func findOperatorRun(from start: Int) -> OperatorRun {
        var run = OperatorRun(end: start, lastExtended: -1, trailing: start)
        var index = start
        while index < end, Byte.isOperator(bytes[index]) {
            let here = bytes[index]
            let next = byte(at: index + 1)
            if here == Byte.slash, next == Byte.asterisk { break }
            if here == Byte.minus, next == Byte.minus { break }
            if Byte.isExtendedOperator(here) { run.lastExtended = index }
            index += 1
            if here != Byte.plus, here != Byte.minus { run.trailing = index }
        }
        run.end = index
        return run
    }

    /// A number: decimal, `0x`, `0o`, `0b`, with `_` between digits (PostgreSQL 16), fraction and exponent.
    mutating func scanNumber() -> Token.Kind {
        scanDigits()
        if byte(at: offset) == Byte.dot, byte(at: offset + 1) != Byte.dot {
            offset += 1
            scanDigits()
        }
        if Byte.folded(byte(at: offset)) == UInt8(ascii: "e") {
            let sign = byte(at: offset + 1)
            if sign == Byte.plus || sign == Byte.minus, Byte.isDigit(byte(at: offset + 2)) {
                offset += 2
                scanDigits()
            }
        }
        scanTrailingWord()
        return .number
    }

    private mutating func scanDigits() {
        while true {
            if Byte.isDigit(byte(at: offset)) {
                offset += 1
            } else if byte(at: offset) == Byte.underscore, Byte.isDigit(byte(at: offset + 1)),
                offset > 0, Byte.isDigit(bytes[offset - 1])
            {
                offset += 2
            } else {
                return
            }
        }
    }

    /// Letters right behind a number belong to it, as they do for PostgreSQL since 15: the server refuses most of them,
    /// and `0xFF` is of that form.
    mutating func scanTrailingWord() {
        guard Byte.startsIdentifier(byte(at: offset)) else { return }
        while Byte.continuesIdentifier(byte(at: offset)) { offset += 1 }
    }

    /// `::`, `:=`, `..`, or one character.
    mutating func scanPunctuation() -> Token.Kind {
        let first = bytes[offset]
        let next = byte(at: offset + 1)
        offset += 1
        switch first {
        case Byte.colon:
            if next == Byte.colon || next == Byte.equals { offset += 1 }
        case Byte.dot:
            if next == Byte.dot { offset += 1 }
        case Byte.leftParenthesis, Byte.rightParenthesis, Byte.comma, UInt8(ascii: "["), UInt8(ascii: "]"):
            break
        default:
            return .unknown
        }
        return .punctuation
    }
}

extension Lexer {
    /// An identifier, or a literal that begins with a letter.
    mutating func scanWord() throws(SQLTextError) -> Token.Kind {
        let opening = offset
        let next = byte(at: opening + 1)
        switch Byte.folded(bytes[opening]) {
        case UInt8(ascii: "e") where next == Byte.quote:
            return try scanString(openedAt: opening + 1, backslashEscapes: true)
        case UInt8(ascii: "b") where next == Byte.quote, UInt8(ascii: "x") where next == Byte.quote:
            return try scanString(openedAt: opening + 1, backslashEscapes: false, doublesQuotes: false)
        case UInt8(ascii: "n") where next == Byte.quote:
            return try scanString(openedAt: opening + 1, backslashEscapes: false)
        case UInt8(ascii: "u") where next == Byte.ampersand && byte(at: opening + 2) == Byte.quote:
            return try scanString(openedAt: opening + 2, backslashEscapes: false)
        case UInt8(ascii: "u") where next == Byte.ampersand && byte(at: opening + 2) == Byte.doubleQuote:
            return try scanQuotedIdentifier(openedAt: opening + 2)
        default:
            while offset < end, Byte.continuesIdentifier(bytes[offset]) { offset += 1 }
            return .identifier
        }
    }

    /// A quoted string from its quote, over all its continuations.
    mutating func scanString(
        openedAt opening: Int, backslashEscapes: Bool, doublesQuotes: Bool = true
    ) throws(SQLTextError) -> Token.Kind {
        var segment = opening
        offset = opening + 1
        while true {
            guard offset < end else {
                throw error(
                    "cannot read string: no quote ends it", at: segment,
                    hint: "end the string with ', and write a quote inside it as ''")
            }
            let here = bytes[offset]
            offset += 1
            if here == Byte.backslash, backslashEscapes {
                if offset < end { offset += 1 }
            } else if here == Byte.quote {
                if doublesQuotes, byte(at: offset) == Byte.quote {
                    offset += 1
                } else if let continuation = continuationQuote(after: offset) {
                    segment = continuation
                    offset = continuation + 1
                } else {
                    return .string
                }
            }
        }
    }

    /// Where the string that ended before `index` goes on: behind white space with a line end in it.
    func continuationQuote(after index: Int) -> Int? {
        var index = index
        var sawNewline = false
        while index < end {
            let here = bytes[index]
            if Byte.isSpace(here) {
                sawNewline = sawNewline || Byte.isNewline(here)
                index += 1
            } else if here == Byte.minus, byte(at: index + 1) == Byte.minus {
                while index < end, !Byte.isNewline(bytes[index]) { index += 1 }
            } else {
                return here == Byte.quote && sawNewline ? index : nil
            }
        }
        return nil
    }

    mutating func scanQuotedIdentifier(openedAt opening: Int) throws(SQLTextError) -> Token.Kind {
        offset = opening + 1
        while offset < end {
            let here = bytes[offset]
            offset += 1
            if here == Byte.doubleQuote {
                guard byte(at: offset) == Byte.doubleQuote else { return .quotedIdentifier }
                offset += 1
            }
        }
        throw error(
            "cannot read quoted identifier: no \" ends it", at: opening,
            hint: "end the identifier with \", and write a quote inside it as \"\"")
    }

    /// A parameter, a dollar-quoted string, or a lone `$`.
    mutating func scanDollar() throws(SQLTextError) -> Token.Kind {
        let opening = offset
        offset += 1
        if Byte.isDigit(byte(at: offset)) {
            while Byte.isDigit(byte(at: offset)) { offset += 1 }
            scanTrailingWord()
            return .parameter
        }
        guard let delimiterEnd = dollarDelimiterEnd(from: opening) else { return .unknown }
        let length = delimiterEnd - opening
        offset = delimiterEnd
        while offset < end {
            if bytes[offset] == Byte.dollar, hasDelimiter(at: offset, like: opening, length: length) {
                offset += length
                return .dollarString
            }
            offset += 1
        }
        let delimiter = String(decoding: bytes[opening..<delimiterEnd], as: UTF8.self)
        throw error(
            "cannot read dollar-quoted string: no \(delimiter) ends it", at: opening,
            hint: "end the string with \(delimiter), in the same case")
    }

    /// The end of the delimiter `$tag$` at `opening`, if there is one.
    private func dollarDelimiterEnd(from opening: Int) -> Int? {
        var index = opening + 1
        if Byte.startsIdentifier(byte(at: index)) {
            while Byte.continuesDollarTag(byte(at: index)) { index += 1 }
        }
        return byte(at: index) == Byte.dollar ? index + 1 : nil
    }

    /// Linear over a whole string, because a tag has no `$` inside: a comparison stops at the next one at the latest.
    private func hasDelimiter(at index: Int, like opening: Int, length: Int) -> Bool {
        guard index + length <= end else { return false }
        for step in 1..<length where bytes[index + step] != bytes[opening + step] { return false }
        return true
    }
}

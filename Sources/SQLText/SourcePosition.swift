/// A place in a source text.
public struct SourcePosition: Sendable, Hashable {
    /// The line, counted from 1. `\n`, `\r\n` and a lone `\r` end a line, as they do for PostgreSQL.
    public var line: Int
    /// The column, counted from 1 in Unicode scalars.
    public var column: Int
    /// The offset in bytes of UTF-8, counted from 0.
    public var offset: Int

    /// Makes a position of its three numbers.
    public init(line: Int, column: Int, offset: Int) {
        self.line = line
        self.column = column
        self.offset = offset
    }

    /// The beginning of a text.
    public static let start = SourcePosition(line: 1, column: 1, offset: 0)
}

/// Follows line and column through a text, forwards only, so that any number of questions cost one walk.
struct PositionCursor: Sendable {
    private var position: SourcePosition
    private var index = 0

    init(startingAt start: SourcePosition) {
        position = start
    }

    /// The position of the byte at `target`, which must not lie before the last one that was asked for.
    mutating func position(at target: Int, in bytes: [UInt8]) -> SourcePosition {
        if index == 0, target >= 3, position.offset == 0, Lexer.beginsWithByteOrderMark(bytes) {
            index = 3
            position.offset = 3
        }
        while index < target {
            advance(over: bytes[index], before: index + 1 < bytes.count ? bytes[index + 1] : nil)
        }
        return position
    }

    private mutating func advance(over byte: UInt8, before next: UInt8?) {
        index += 1
        position.offset += 1
        if byte == Byte.newline || (byte == Byte.carriageReturn && next != Byte.newline) {
            position.line += 1
            position.column = 1
        } else if byte & 0xC0 != 0x80, byte != Byte.carriageReturn {
            position.column += 1
        }
    }
}

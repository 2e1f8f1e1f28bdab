/// One SQL statement of a file.
public struct Statement: Sendable, Equatable {
    /// The text from the first token to the last: no comments around it and no `;`.
    public var text: String
    /// Where the first token stands in the file.
    public var position: SourcePosition
    /// The data of a `COPY … FROM stdin`, line ends included, without the line `\.`.
    public var copyData: [UInt8]?
    /// What the text alone says about what the statement does.
    public var kind: StatementKind

    /// Makes a statement of its parts.
    public init(text: String, position: SourcePosition, copyData: [UInt8]? = nil, kind: StatementKind) {
        self.text = text
        self.position = position
        self.copyData = copyData
        self.kind = kind
    }

    /// The place in the file of a character of this statement, counted from 1: the server reports errors that way.
    public func position(ofCharacter number: Int) -> SourcePosition {
        let scalars = text.unicodeScalars
        let target = scalars.index(scalars.startIndex, offsetBy: max(number - 1, 0), limitedBy: scalars.endIndex)
        let offset = text.utf8.distance(from: text.startIndex, to: target ?? text.endIndex)
        var cursor = PositionCursor(startingAt: position)
        return cursor.position(at: offset, in: Array(text.utf8))
    }
}

import Control

/// The reader at the other end of a pipe has gone: there is nobody to write to.
struct OutputClosed: Error {}

/// Where text goes: a terminal, a pipe, a file, or a test.
public protocol TextSink: Sendable {
    /// Whether somebody looks at it as it comes, so that lines may be drawn anew.
    var isTerminal: Bool { get }
    /// How many columns a line has at present.
    var width: Int { get }
    /// Writes all of it; false where nobody reads any more.
    func write(_ text: String) -> Bool
}

/// What a verb writes with: it knows whether people or programs read.
struct Output: Sendable {
    var sink: any TextSink
    var painter: Painter
    /// One JSON document instead of text for people.
    var isJSON: Bool

    /// The width to which tables give way; nil in a pipe, where nothing is cut.
    var width: Int? { sink.isTerminal ? sink.width : nil }

    func line(_ text: String = "") throws {
        try write(text + "\n")
    }

    func lines(_ lines: [String]) throws {
        guard !lines.isEmpty else { return }
        try write(lines.joined(separator: "\n") + "\n")
    }

    func table(_ table: Table) throws {
        try lines(table.lines(width: width, painter: painter))
    }

    /// One JSON document, on one line.
    func document(_ value: some Encodable) throws {
        try line(JSONText.encode(value))
    }

    func write(_ text: String) throws {
        guard sink.write(text) else { throw OutputClosed() }
    }
}

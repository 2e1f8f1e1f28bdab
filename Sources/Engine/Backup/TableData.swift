import Glibc

/// The rows of a table as COPY writes them, in pieces: a line each, then a line that ends them and two that are empty.
struct TableData {
    private var lines: Int64 = 0
    private var end: [UInt8] = Self.lineBreak
    private static let lineBreak = Array("\n".utf8)
    // A row's text may end in these characters as well, but a backslash in it is written twice: no line of it is `\.`.
    private static let last = Array("\n\\.\n\n\n".utf8)

    var rows: Int64 { lines - 3 }
    /// Whether the end has come: nothing follows it.
    var isComplete: Bool { end == Self.last }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let start = rest.baseAddress, let found = memchr(start, 10, rest.count) {
            lines += 1
            rest = UnsafeRawBufferPointer(rebasing: rest[(start.distance(to: UnsafeRawPointer(found)) + 1)...])
        }
        end += bytes[max(0, bytes.count - Self.last.count)...]
        end.removeFirst(max(0, end.count - Self.last.count))
    }
}

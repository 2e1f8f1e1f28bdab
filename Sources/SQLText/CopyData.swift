/// Finds the end of the data below a `COPY … FROM stdin`.
enum CopyData {
    /// The end of the data that begins at `start`, and where reading goes on behind its `\.`; nil if there is no `\.`.
    static func find(in bytes: [UInt8], from start: Int) -> (end: Int, resumption: Int)? {
        var line = start
        while line < bytes.count {
            if let resumption = endOfMarker(in: bytes, at: line) { return (line, resumption) }
            while line < bytes.count, bytes[line] != Byte.newline { line += 1 }
            line += 1
        }
        return nil
    }

    /// The end of the line at `line` if it is only `\.`.
    private static func endOfMarker(in bytes: [UInt8], at line: Int) -> Int? {
        guard line + 1 < bytes.count, bytes[line] == Byte.backslash, bytes[line + 1] == Byte.dot else { return nil }
        var index = line + 2
        if index < bytes.count, bytes[index] == Byte.carriageReturn { index += 1 }
        if index == bytes.count { return index }
        return bytes[index] == Byte.newline ? index + 1 : nil
    }
}

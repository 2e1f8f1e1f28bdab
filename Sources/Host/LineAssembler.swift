/// Makes lines of bytes that arrive in pieces, and keeps the last of them; both are bounded.
struct LineAssembler {
    private let longest: Int
    private let kept: Int
    private var open: [UInt8] = []
    private(set) var last: [String] = []

    init(longest: Int, kept: Int) {
        self.longest = longest
        self.kept = kept
    }

    /// Takes more bytes and gives each line that they complete to `body`.
    mutating func take(_ bytes: some Sequence<UInt8>, _ body: (String) -> Void) {
        for byte in bytes {
            // A carriage return alone draws a progress line anew: each drawing is a line.
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                finish(body)
            } else if open.count < longest {
                open.append(byte)
            }
        }
    }

    /// Takes what is left as a line.
    mutating func finish(_ body: (String) -> Void) {
        guard !open.isEmpty else { return }
        let line = String(decoding: open, as: UTF8.self)
        open.removeAll(keepingCapacity: true)
        last.append(line)
        if last.count > kept { last.removeFirst() }
        body(line)
    }
}

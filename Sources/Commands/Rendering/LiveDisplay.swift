import Planning

/// Lines of a terminal that are drawn anew in place, with lines above them that stay.
struct LiveDisplay: Sendable {
    private let output: Output
    private var drawnLines = 0

    init(output: Output) {
        self.output = output
    }

    /// Writes `permanent` for good and `live` below, instead of what was live before. One write, so that nothing flickers.
    mutating func draw(permanent: [String], live: [String]) throws {
        guard !(permanent.isEmpty && live.isEmpty && drawnLines == 0) else { return }
        var text = drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r\u{1B}[J" : ""
        for line in permanent + live { text += line + "\n" }
        drawnLines = live.count
        try output.write(text)
    }
}

/// Rows of cells, aligned in columns under headings.
struct Table: Sendable {
    enum Alignment: Sendable { case left, right }

    struct Column: Sendable {
        var title: String
        var alignment: Alignment = .left
    }

    struct Cell: Sendable, ExpressibleByStringLiteral {
        var text: String
        var style: Style = .plain

        init(_ text: String, _ style: Style = .plain) {
            self.text = text.printable
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    /// So much of a last column that is text must be seen; what is shorter is never cut.
    private static let leastOfLast = 12

    /// The lines of the table, headings first. On a terminal of a given width the last column gives way, and where that
    /// is not enough each row becomes a block of lines; columns without any content are left out.
    func lines(width: Int?, painter: Painter) -> [String] {
        let shown = columns.indices.filter { column in
            rows.contains { column < $0.count && !$0[column].text.isEmpty }
        }
        var widths = shown.map { column in
            rows.reduce(columns[column].title.columns) { max($0, column < $1.count ? $1[column].text.columns : 0) }
        }
        if let width, let last = widths.last {
            let others = widths.dropLast().reduce(0) { $0 + $1 + 2 }
            let isCut = columns[shown[shown.count - 1]].alignment == .left
            guard others + (isCut ? min(last, Self.leastOfLast) : last) <= width else {
                return rows.flatMap { blocks($0, columns: shown, painter: painter) }
            }
            widths[widths.count - 1] = max(min(last, width - others), columns[shown[shown.count - 1]].title.columns)
        }
        let heading = shown.map { Cell(columns[$0].title, .dim) }
        let body = rows.map { row in shown.map { $0 < row.count ? row[$0] : "" } }
        return ([heading] + body).map { line($0, columns: shown, widths: widths, painter: painter) }
    }

    /// A row from top to bottom: the first cell, and under it each other with its title.
    private func blocks(_ row: [Cell], columns shown: [Int], painter: Painter) -> [String] {
        let margin = shown.dropFirst().reduce(0) { max($0, columns[$1].title.columns) }
        return shown.enumerated().compactMap { position, column in
            guard column < row.count, !row[column].text.isEmpty else { return nil }
            let text = painter(row[column].text, row[column].style)
            return position == 0 ? text : "  " + painter(columns[column].title.padded(to: margin), .dim) + "  " + text
        }
    }

    private func line(_ cells: [Cell], columns shown: [Int], widths: [Int], painter: Painter) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = cell.text.truncated(to: widths[index])
            let blanks = String(repeating: " ", count: widths[index] - text.columns)
            let isLast = index == cells.count - 1
            switch columns[shown[index]].alignment {
            case .left: line += painter(text, cell.style) + (isLast ? "" : blanks)
            case .right: line += blanks + painter(text, cell.style)
            }
            if !isLast { line += "  " }
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

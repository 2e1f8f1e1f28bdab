/// How a piece of text is set off on a terminal.
enum Style: Sendable, Hashable {
    case plain, bold, dim, red, green, yellow, cyan

    /// The parameter of the SGR control sequence (ECMA-48, 8.3.117).
    fileprivate var parameter: String {
        switch self {
        case .plain: "0"
        case .bold: "1"
        case .dim: "2"
        case .red: "31"
        case .green: "32"
        case .yellow: "33"
        case .cyan: "36"
        }
    }
}

/// Applies styles, or leaves text as it is where colours are not wanted.
struct Painter: Sendable, Hashable {
    var isEnabled: Bool

    /// Colours are for terminals that have not been told otherwise (no-color.org).
    init(isTerminal: Bool, environment: [String: String], isRefused: Bool = false) {
        isEnabled =
            isTerminal && !isRefused && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    init(isEnabled: Bool) {
        self.isEnabled = isEnabled
    }

    func callAsFunction(_ text: String, _ style: Style) -> String {
        isEnabled && style != .plain && !text.isEmpty ? "\u{1B}[\(style.parameter)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    /// How many columns of a terminal the text takes: none for combining marks and control characters, two for wide
    /// characters of East Asian scripts and emoji.
    var columns: Int {
        var columns = 0
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x20...0x7E: columns += 1
            case 0..<0x20, 0x7F..<0xA0, 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: break
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
                columns += 2
            default: columns += 1
            }
        }
        return columns
    }

    /// The text cut to so many columns, with an ellipsis where something is left out.
    func truncated(to width: Int) -> String {
        guard columns > width else { return self }
        guard width > 1 else { return width == 1 ? "…" : "" }
        var result = ""
        for character in self {
            let longer = result + String(character)
            if longer.columns > width - 1 { break }
            result = longer
        }
        return result + "…"
    }

    /// The text with blanks to fill so many columns.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    /// The text with each control character replaced, so that nothing from a file or a server can steer the terminal.
    var printable: String {
        let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) }
        guard unicodeScalars.contains(where: isControl) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: result += " "
            case 0..<0x20, 0x7F..<0xA0: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

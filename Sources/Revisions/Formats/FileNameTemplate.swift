/// How the file of a new revision is called, in the language of Alembic's `file_template`: `%(rev)s_%(slug)s`.
///
/// The tokens are those of ``Token``; numbers take a width as in C (`%(month).2d`, `%(month)02d`), and `%%` is a percent
/// sign. A slash puts the file into a directory below. The moment is that of the header's `created`, in UTC.
public struct FileNameTemplate: Sendable, Hashable, CustomStringConvertible {
    /// What a template may hold besides text.
    public enum Token: String, Sendable, Hashable, CaseIterable {
        case rev, slug, year, month, day, hour, minute, second, epoch
    }

    /// Why a text is no template.
    public struct Problem: Error, Sendable, Equatable {
        public var message: String
        public var hint: String
    }

    private enum Part: Sendable, Hashable {
        case text(String)
        case token(Token, digits: Int)
    }

    /// The template as it was written.
    public let description: String
    private let parts: [Part]

    /// `<id>_<slug>`.
    public static let standard = FileNameTemplate(
        description: "%(rev)s_%(slug)s", parts: [.token(.rev, digits: 0), .text("_"), .token(.slug, digits: 0)])

    private init(description: String, parts: [Part]) {
        self.description = description
        self.parts = parts
    }

    /// Reads a template.
    public init(parsing text: String) throws(Problem) {
        var parts: [Part] = []
        var plain = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character != "%" {
                plain.append(character)
            } else if rest.first == "%" {
                plain.append("%")
                rest.removeFirst()
            } else {
                if !plain.isEmpty { parts.append(.text(plain)) }
                plain = ""
                parts.append(try Self.token(&rest))
            }
        }
        if !plain.isEmpty { parts.append(.text(plain)) }
        let directories = text.split(separator: "/", omittingEmptySubsequences: false)
        guard !directories.contains(where: { $0.isEmpty || $0.hasPrefix(".") }) else {
            throw Problem(
                message: "\"\(text)\" cannot name a file below the directory", hint: "begin each part with a name")
        }
        guard parts.contains(where: { if case .token(.rev, _) = $0 { true } else { false } }) else {
            throw Problem(
                message: "\"\(text)\" would give two revisions the same file", hint: "put %(rev)s into it")
        }
        self.init(description: text, parts: parts)
    }

    /// Whether files go into directories below the one that is configured.
    public var makesDirectories: Bool {
        parts.contains { if case .text(let text) = $0 { text.contains("/") } else { false } }
    }

    /// The name for a file with this header, without a suffix.
    func name(for header: RevisionHeader) -> String {
        let moment = Moment(parsing: header.created ?? "")
        var name = ""
        for part in parts {
            switch part {
            case .text(let text): name += text
            case .token(.rev, _): name += header.id.rawValue
            case .token(.slug, _): name += SQLFormat.slug(of: header.description)
            case .token(let token, let digits):
                let number = String(moment[token])
                name += String(repeating: "0", count: max(0, digits - number.count)) + number
            }
        }
        // Without a slug nothing hangs on its separator.
        while let last = name.last, last == "_" || last == "-" { name.removeLast() }
        return name
    }

    /// What stands behind a percent sign: `(name)`, a width, and `s` or `d`.
    private static func token(_ rest: inout Substring) throws(Problem) -> Part {
        let known = "use \(Token.allCases.map { "%(\($0.rawValue))s" }.joined(separator: ", "))"
        guard rest.first == "(", let close = rest.firstIndex(of: ")") else {
            throw Problem(message: "a percent sign stands alone", hint: "write %% for a percent sign, or \(known)")
        }
        let name = String(rest[rest.index(after: rest.startIndex)..<close])
        rest = rest[rest.index(after: close)...]
        guard let token = Token(rawValue: name) else {
            throw Problem(message: "the token \"\(name)\" is not known", hint: known)
        }
        let width = rest.prefix { $0 == "." || $0.isNumber }
        rest = rest.dropFirst(width.count)
        guard let conversion = rest.popFirst(), conversion == "s" || conversion == "d" else {
            throw Problem(message: "the token \"\(name)\" has no end", hint: "write %(\(name))s")
        }
        let digits = width.split(separator: ".").last.flatMap { Int($0) } ?? 0
        guard (0...19).contains(digits), conversion == "d" || width.isEmpty else {
            throw Problem(message: "the token \"\(name)\" has a width that it cannot have", hint: "write %(\(name)).2d")
        }
        return .token(token, digits: digits)
    }
}

/// The parts of a time such as `2026-11-22T10:15:00Z`; what cannot be read is zero.
private struct Moment {
    private var numbers: [Int]

    init(parsing text: String) {
        numbers = text.split { !$0.isNumber }.prefix(6).map { Int($0) ?? 0 }
        numbers += Array(repeating: 0, count: 6 - numbers.count)
    }

    subscript(token: FileNameTemplate.Token) -> Int {
        switch token {
        case .year: numbers[0]
        case .month: numbers[1]
        case .day: numbers[2]
        case .hour: numbers[3]
        case .minute: numbers[4]
        case .second: numbers[5]
        case .epoch: daysSinceEpoch * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        case .rev, .slug: 0
        }
    }

    /// The days from 1970 on, counted in years that begin with March, so that the leap day is the last.
    private var daysSinceEpoch: Int {
        let (month, day) = (numbers[1], numbers[2])
        let year = month > 2 ? numbers[0] : numbers[0] - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}

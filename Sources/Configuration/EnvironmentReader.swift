/// What the environment says, with `.env` below it.
struct EnvironmentReader {
    /// The name under which problems of the environment are told.
    static let file = "environment"
    /// The name under which problems of flags are told.
    static let commandLine = "command line"

    let socket: String?
    let stateDirectory: String?
    let logLevel: String?
    /// `DATABASE_URL`, and where it was said.
    let databaseURL: (text: String, origin: SettingsOrigin)?

    init(input: SettingsInput, problems: ProblemCollector) {
        func value(_ name: String) -> String? { input.environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        socket = value("MIGRATED_SOCKET")
        stateDirectory = value("MIGRATED_STATE_DIRECTORY")
        logLevel = value("MIGRATED_LOG_LEVEL")
        if let url = value("DATABASE_URL") {
            databaseURL = (url, SettingsOrigin(file: Self.file))
        } else if let document = input.dotEnv, let found = DotEnv.value(of: "DATABASE_URL", in: document, problems) {
            databaseURL = found.text.isEmpty ? nil : found
        } else {
            databaseURL = nil
        }
    }
}

/// `.env` files as the tools of many languages read them: `NAME=value`, quotes, `#` comments, `export` in front.
///
/// Only the variables that are asked for are taken; what other programs keep in the file is none of ours, however odd.
enum DotEnv {
    /// The last value that the document gives to a variable, and where it begins.
    static func value(
        of name: String, in document: SettingsDocument, _ problems: ProblemCollector
    ) -> (text: String, origin: SettingsOrigin)? {
        var found: (String, SettingsOrigin)?
        let lines = document.text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            var rest = trimmed(line)
            if rest.hasPrefix("export ") { rest = trimmed(rest.dropFirst(7)) }
            guard let equals = rest.firstIndex(of: "="), trimmed(rest[..<equals]) == name else { continue }
            let raw = trimmed(rest[rest.index(after: equals)...])
            let column = line.unicodeScalars.distance(from: line.startIndex, to: raw.startIndex) + 1
            let origin = SettingsOrigin(file: document.file, place: SettingsPlace(line: index + 1, column: column))
            if let text = unquoted(raw) {
                found = (text, origin)
            } else {
                problems.report(at: origin, key: name, "the quote is never closed", hint: "close it on the same line")
            }
        }
        return found
    }

    private static func unquoted(_ raw: Substring) -> String? {
        guard let quote = raw.first, quote == "\"" || quote == "'" else {
            var text = ""
            var previous: Character = " "
            for character in raw {
                if character == "#" && previous.isWhitespace { break }
                text.append(character)
                previous = character
            }
            return String(trimmed(text[...]))
        }
        var text = ""
        var escaped = false
        for character in raw.dropFirst() {
            if escaped {
                text += character == quote || character == "\\" ? String(character) : "\\\(character)"
                escaped = false
            } else if character == "\\" && quote == "\"" {
                escaped = true
            } else if character == quote {
                return text
            } else {
                text.append(character)
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}

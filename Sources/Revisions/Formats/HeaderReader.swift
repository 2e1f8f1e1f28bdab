internal import SQLText

/// Reads the lines of a header: `-- key: value`, each key once, among comments of other kinds and empty lines.
///
/// A lower-case word before a colon is taken for a key, so that a misspelt key is an error and no comment. Any other
/// comment is free: `-- Copyright 2026 …`, `-- SPDX-License-Identifier: …`, `/* … */`.
struct HeaderReader {
    private let source: SourceText
    private let path: String
    private(set) var problems: [RevisionError] = []
    private(set) var positions: [RevisionHeader.Key: SourcePosition] = [:]
    private var values: [(key: RevisionHeader.Key, line: SourceLine, range: Range<Int>)] = []
    private var isInBlockComment = false
    private var hasStrayText = false

    init(source: SourceText, path: String) {
        self.source = source
        self.path = path
    }

    /// Takes one line of the header.
    mutating func take(_ line: SourceLine) {
        let range = source.trimmed(line.range)
        if isInBlockComment {
            isInBlockComment = !source.text(range).contains("*/")
        } else if source.has("--", at: range.lowerBound, before: range.upperBound) {
            takeComment(range.lowerBound + 2..<range.upperBound, line)
        } else if source.has("/*", at: range.lowerBound, before: range.upperBound) {
            isInBlockComment = !source.text(range).contains("*/")
        } else if !range.isEmpty, !hasStrayText {
            hasStrayText = true
            report(
                .outsideSection, "cannot place this text: it stands before the first section", range.lowerBound, line,
                hint: "write \"-- migrated: upgrade\" above it")
        }
    }

    private mutating func takeComment(_ range: Range<Int>, _ line: SourceLine) {
        let range = source.trimmed(range)
        guard let colon = source.bytes[range].firstIndex(of: UInt8(ascii: ":")) else { return }
        let word = source.trimmed(range.lowerBound..<colon)
        let isAddress = source.has("//", at: colon + 1, before: range.upperBound)
        guard Self.isWord(source.bytes[word]), !isAddress else { return }
        let name = source.text(word)
        guard let key = RevisionHeader.Key(rawValue: name) else { return takeUnknown(name, word.lowerBound, line) }
        guard value(of: key) == nil else {
            report(
                .duplicateKey, "cannot read the header: \"\(name)\" stands there twice", word.lowerBound, line,
                hint: "keep one of the two")
            return
        }
        let value = source.trimmed(colon + 1..<range.upperBound)
        positions[key] = source.position(of: value.isEmpty ? word.lowerBound : value.lowerBound, in: line)
        values.append((key, line, value))
    }

    private func value(of key: RevisionHeader.Key) -> (line: SourceLine, range: Range<Int>)? {
        values.first { $0.key == key }.map { ($0.line, $0.range) }
    }

    private mutating func takeUnknown(_ name: String, _ offset: Int, _ line: SourceLine) {
        let known = RevisionHeader.Key.allCases.map(\.rawValue)
        let plain = name.lowercased().split(separator: "-").joined(separator: "_")
        let nearest = Spelling.nearest(to: plain, among: known)
        guard name == plain || nearest != nil else { return }
        report(
            .unknownKey, "cannot read the header: the key \"\(name)\" is not known", offset, line,
            hint: nearest.map { "write \"\($0)\"" }
                ?? "the keys are \(known.joined(separator: ", ")); begin another comment with a capital letter")
    }

    private static func isWord(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy {
            isLetter($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private mutating func report(
        _ code: RevisionError.Code, _ message: String, _ offset: Int, _ line: SourceLine, hint: String? = nil
    ) {
        problems.append(
            RevisionError(code, message, path: path, position: source.position(of: offset, in: line), hint: hint))
    }

    // MARK: - Values

    /// The header, once all lines are taken; nil when it does not say which revision this is.
    mutating func finish() -> RevisionHeader? {
        let id = takeID()
        let header = RevisionHeader(
            id: id ?? "", downRevisions: takeParents(), branchLabels: takeNames(.branchLabels),
            dependsOn: takeNames(.dependsOn), isTransactional: takeTransaction(),
            description: value(of: .description).map { source.text($0.range) } ?? "",
            created: value(of: .created).map { source.text($0.range) })
        return id == nil ? nil : header
    }

    private mutating func takeID() -> RevisionID? {
        guard let (line, range) = value(of: .revision) else {
            missing(.revision, hint: "begin the file with: -- revision: ID")
            return nil
        }
        let id = RevisionID(source.text(range))
        if let problem = id.problem {
            report(
                .illegalID, "cannot use \"\(id)\" as the id of a revision: \(problem)", range.lowerBound, line,
                hint: "choose an id of letters, digits and _, \(RevisionID.maximumLength) characters at most")
            return id.rawValue.isEmpty ? nil : id
        }
        return id
    }

    private mutating func takeParents() -> [RevisionID] {
        guard value(of: .downRevision) != nil else {
            missing(.downRevision, hint: "add -- down_revision: PARENT, or none if nothing comes before")
            return []
        }
        return takeNames(.downRevision).map { RevisionID($0) }
    }

    private mutating func missing(_ key: RevisionHeader.Key, hint: String) {
        problems.append(
            RevisionError(
                .missingKey, "cannot read the header: \"\(key.rawValue)\" is missing", path: path, position: .start,
                hint: hint))
    }

    private mutating func takeTransaction() -> Bool {
        guard let (line, range) = value(of: .transaction) else { return true }
        switch source.text(range) {
        case "on": return true
        case "off": return false
        case let text:
            report(
                .illegalValue, "cannot read \"\(text)\" as a value of \"transaction\": it is neither on nor off",
                range.lowerBound, line, hint: "write on or off")
            return true
        }
    }

    /// The names of a comma list; `none` alone is the empty list.
    private mutating func takeNames(_ key: RevisionHeader.Key) -> [String] {
        guard let (line, range) = value(of: key) else { return [] }
        if source.text(range) == "none" { return [] }
        var names: [String] = []
        var rest = range
        while true {
            let comma = source.bytes[rest].firstIndex(of: UInt8(ascii: ","))
            let item = source.trimmed(rest.lowerBound..<(comma ?? rest.upperBound))
            let name = source.text(item)
            if let problem = Self.problem(of: name, key, after: names) {
                report(
                    key == .branchLabels ? .illegalLabel : .illegalValue,
                    "cannot read \"\(name)\" in \"\(key.rawValue)\": \(problem)", item.lowerBound, line,
                    hint: "write names with commas between them, or none")
            } else {
                names.append(name)
            }
            guard let comma else { return names }
            rest = comma + 1..<rest.upperBound
        }
    }

    private static func problem(of name: String, _ key: RevisionHeader.Key, after others: [String]) -> String? {
        if others.contains(name) { return "it is named twice" }
        return RevisionID(name).labelProblem
    }
}

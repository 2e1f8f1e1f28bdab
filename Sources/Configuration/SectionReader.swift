/// Reads one table strictly: each value must have the right type and a sensible value, and no key may be left over.
///
/// Every reading function answers `nil` both for a key that is absent and for one that is wrong; the latter is reported.
struct SectionReader {
    let section: SettingsSection
    let path: [String]
    let members: [String: SettingsNode]
    /// Where the table begins, for what is missing in it.
    let origin: SettingsOrigin
    let problems: ProblemCollector

    /// Opens a table; something else in its place is reported and read as empty.
    init(
        _ node: SettingsNode?, section: SettingsSection, path: [String], within: SettingsOrigin,
        problems: ProblemCollector
    ) {
        self.section = section
        self.path = path
        self.problems = problems
        origin = node?.keyOrigin ?? within
        switch node?.value {
        case .table(let table): members = table
        case nil: members = [:]
        default:
            members = [:]
            let key = path.map(Self.quoted).joined(separator: ".")
            let kind = node?.kind ?? ""
            problems.report(at: origin, key: key, "this must be a table, not \(kind)", hint: "write [\(key)]")
        }
        reportUnknownKeys()
    }

    private func reportUnknownKeys() {
        for (name, node) in members.sorted(by: { $0.key < $1.key }) where !section.keys.contains(name) {
            let database = path.count > 1 ? path[1] : nil
            let isTable = if case .table = node.value { true } else { false }
            problems.report(
                at: node.keyOrigin, key: key(name), isTable ? "unknown section" : "unknown key",
                hint: section.hint(forUnknown: name, database: database))
        }
    }

    /// The section below this one.
    func child(_ name: String, _ section: SettingsSection) -> SectionReader {
        SectionReader(members[name], section: section, path: path + [name], within: origin, problems: problems)
    }

    /// Whether the key is there at all.
    func has(_ name: String) -> Bool { members[name] != nil }

    func key(_ name: String) -> String { (path + [name]).map(Self.quoted).joined(separator: ".") }

    /// Reports what is wrong with the value of a key, or with its absence.
    func report(_ name: String, _ message: String, hint: String? = nil) {
        problems.report(at: members[name]?.origin ?? origin, key: key(name), message, hint: hint)
    }

    // MARK: Values

    func text(_ name: String, allowsEmpty: Bool = false) -> String? {
        guard let node = members[name] else { return nil }
        guard case .string(let text) = node.value else {
            report(name, "this must be a string, not \(node.kind)")
            return nil
        }
        if text.isEmpty && !allowsEmpty {
            report(name, "this must not be empty", hint: "leave the key out for the default")
            return nil
        }
        return text
    }

    func flag(_ name: String) -> Bool? {
        guard let node = members[name] else { return nil }
        if case .boolean(let flag) = node.value { return flag }
        report(name, "this must be true or false, not \(node.kind)")
        return nil
    }

    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = members[name] else { return nil }
        guard case .integer(let number) = node.value else {
            report(name, "this must be an integer, not \(node.kind)")
            return nil
        }
        guard range.contains(number) else {
            report(name, "\(number) is out of range", hint: "use \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    func choice<T: RawRepresentable<String> & CaseIterable>(_ name: String, of type: T.Type) -> T? {
        guard let text = text(name) else { return nil }
        if let choice = T(rawValue: text) { return choice }
        report(name, "\"\(text)\" is not known", hint: Self.choiceHint(T.allCases.map(\.rawValue), for: text))
        return nil
    }

    func duration(_ name: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let node = members[name] else { return nil }
        guard case .string(let text) = node.value else {
            report(
                name, "this must be a duration in quotes, not \(node.kind)",
                hint: "write it as \"500ms\", \"5s\" or \"10min\"")
            return nil
        }
        return quantity(name, Quantities.duration(text), text: text, in: range, shown: Quantities.text)
    }

    func size(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let node = members[name] else { return nil }
        guard case .string(let text) = node.value else {
            report(name, "this must be a size in quotes, not \(node.kind)", hint: "write it as \"512MiB\" or \"1GiB\"")
            return nil
        }
        return quantity(name, Quantities.size(text), text: text, in: range) { "\($0)B" }
    }

    private func quantity<T: Comparable>(
        _ name: String, _ parsed: Result<T, QuantityObjection>, text: String, in range: ClosedRange<T>,
        shown: (T) -> String
    ) -> T? {
        switch parsed {
        case .success(let value) where range.contains(value): return value
        case .success:
            let hint = "use \(shown(range.lowerBound)) to \(shown(range.upperBound))"
            report(name, "\"\(text)\" is out of range", hint: hint)
        case .failure(let objection): report(name, objection.message, hint: objection.hint)
        }
        return nil
    }

    /// An absolute path; a relative one is taken from the directory of the file that says it.
    func path(_ name: String) -> String? {
        guard let text = text(name), let node = members[name] else { return nil }
        return absolute(text, in: node.origin)
    }

    /// One path, or an array of them, each once.
    func paths(_ name: String) -> [String]? {
        guard let texts = texts(name, element: "a directory"), let node = members[name] else { return nil }
        let paths = texts.map { absolute($0, in: node.origin) }
        for (index, path) in paths.enumerated() where paths[..<index].contains(path) {
            report(name, "the directory \"\(path)\" is named twice")
            return nil
        }
        return paths
    }

    /// A string or an array of strings, none of them empty.
    func texts(_ name: String, element: String) -> [String]? {
        guard let node = members[name] else { return nil }
        guard case .array(let elements) = node.value else {
            guard case .string = node.value else {
                report(name, "this must be \(element) or an array of them, not \(node.kind)")
                return nil
            }
            return text(name).map { [$0] }
        }
        if elements.isEmpty {
            report(name, "this must not be empty", hint: "leave the key out for the default")
            return nil
        }
        var texts: [String] = []
        for element in elements {
            if case .string(let text) = element.value, !text.isEmpty {
                texts.append(text)
            } else {
                let isEmpty = if case .string = element.value { true } else { false }
                problems.report(
                    at: element.origin, key: key(name),
                    isEmpty ? "this must not be empty" : "each element must be a string, not \(element.kind)")
            }
        }
        return texts.count == elements.count ? texts : nil
    }

    private func absolute(_ text: String, in origin: SettingsOrigin) -> String {
        SettingsPath.absolute(text, in: SettingsPath.directory(of: origin.file))
    }

    // MARK: Words

    static func choiceHint(_ choices: [String], for text: String) -> String {
        if let near = NearestWord.among(choices, to: text) { return "write \"\(near)\"" }
        return "use one of \(choices.joined(separator: ", "))"
    }

    /// A part of a key as TOML wants it written.
    static func quoted(_ part: String) -> String {
        let isBare =
            !part.isEmpty
            && part.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_" || $0 == "-")
            }
        return isBare ? part : "\"\(part)\""
    }
}

/// Paths as plain text: nothing here looks at the file system.
enum SettingsPath {
    /// The path itself if it is absolute, otherwise below the directory; `.`, `..` and doubled slashes are resolved.
    static func absolute(_ path: String, in directory: String) -> String {
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The directory in which a file is.
    static func directory(of file: String) -> String {
        guard let slash = file.lastIndex(of: "/") else { return "/" }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }
}

internal import TOMLKit

/// Where a value was written.
struct SettingsOrigin: Equatable {
    var file: String
    var place: SettingsPlace?
}

/// A value of a settings file that knows where it and its key stand.
struct SettingsNode {
    indirect enum Value {
        case string(String)
        case integer(Int)
        case boolean(Bool)
        case array([SettingsNode])
        case table([String: SettingsNode])
        /// A kind of value that no setting has.
        case other(String)
    }

    var value: Value
    /// Where the key stands, or the header of the table.
    var keyOrigin: SettingsOrigin
    /// Where the value begins.
    var origin: SettingsOrigin

    /// What the value is, in words.
    var kind: String {
        switch value {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "true or false"
        case .array: "an array"
        case .table: "a table"
        case .other(let kind): kind
        }
    }
}

/// One text with settings, and the name under which problems in it are told.
public struct SettingsDocument: Sendable, Equatable {
    /// The file's path.
    public var file: String
    /// Its whole text.
    public var text: String

    /// Names a text.
    public init(file: String, text: String) {
        self.file = file
        self.text = text
    }

    /// The document as a tree.
    func parse() -> Result<SettingsNode, SettingsProblem> {
        if text.utf8.contains(0) {
            let line = text.utf8.prefix { $0 != 0 }.count { $0 == UInt8(ascii: "\n") } + 1
            return .failure(SettingsProblem(file: file, line: line, message: "the file has a NUL byte"))
        }
        do {
            let table = try TOMLTable(string: text)
            return .success(TreeMaker(file: file, places: KeyPlaces(of: text)).node(.init(table), at: []))
        } catch let error as TOMLParseError {
            let message = error.description.drop(while: \.isWhitespace)
            return .failure(
                SettingsProblem(
                    file: file, line: error.source.begin.line, column: error.source.begin.column,
                    message: "this is not TOML: " + message.prefix(1).lowercased() + message.dropFirst()))
        } catch {
            return .failure(SettingsProblem(file: file, message: "this is not TOML: \(error)"))
        }
    }
}

/// Copies TOMLKit's tree into one of plain values with places.
private struct TreeMaker {
    let file: String
    let places: KeyPlaces

    func node(_ value: TOMLValue, at path: KeyPlaces.Path) -> SettingsNode {
        let key = places.keys[path] ?? places.values[path]
        return SettingsNode(
            value: plain(value, at: path), keyOrigin: SettingsOrigin(file: file, place: key),
            origin: SettingsOrigin(file: file, place: places.values[path] ?? key))
    }

    private func plain(_ value: TOMLValue, at path: KeyPlaces.Path) -> SettingsNode.Value {
        switch value.type {
        case .string: return .string(value.string ?? "")
        case .int: return .integer(value.int ?? 0)
        case .bool: return .boolean(value.bool ?? false)
        case .double: return .other("a floating-point number")
        case .date, .time, .dateTime: return .other("a date or time")
        case .array:
            let elements = value.array.map(Array.init) ?? []
            return .array(elements.enumerated().map { node($1.tomlValue, at: path + [String($0)]) })
        case .table:
            var members: [String: SettingsNode] = [:]
            for (key, member) in value.table.map(Array.init) ?? [] {
                members[key] = node(member.tomlValue, at: path + [key])
            }
            return .table(members)
        }
    }
}

extension SettingsNode {
    /// Lays a later document over this one, key by key; arrays and plain values are replaced whole.
    ///
    /// A database's `url` may stand in one file only: two files that define the same name hardly mean one database.
    mutating func merge(_ later: SettingsNode, path: [String] = [], problems: ProblemCollector) {
        guard case .table(var members) = value, case .table(let laterMembers) = later.value else {
            if path.count == 3, path[0] == "database", path[2] == "url" {
                let line = keyOrigin.place.map { ":\($0.line)" } ?? ""
                problems.report(
                    at: later.keyOrigin, key: path.joined(separator: "."),
                    "the database \"\(path[1])\" is defined in \(keyOrigin.file)\(line) already",
                    hint: "give one of the two another name, or remove one url")
            }
            self = later
            return
        }
        for (key, member) in laterMembers {
            if members[key] == nil {
                members[key] = member
            } else {
                members[key]?.merge(member, path: path + [key], problems: problems)
            }
        }
        value = .table(members)
    }
}

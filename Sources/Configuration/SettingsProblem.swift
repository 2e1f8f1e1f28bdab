/// One thing that is wrong with the settings, and where it is written.
public struct SettingsProblem: Error, Sendable, Equatable {
    /// The file, or `environment`, or `command line`.
    public var file: String
    /// The line, from 1; `nil` where the place has no lines, or the thing is missing altogether.
    public var line: Int?
    /// The column in Unicode scalars, from 1.
    public var column: Int?
    /// The whole key (`database.main.backup.keep`), variable or flag; empty for the file as a whole.
    public var key: String
    /// What is wrong: lower case, no final stop.
    public var message: String
    /// What to do about it, as an imperative.
    public var hint: String?

    /// A problem at a place.
    public init(
        file: String, line: Int? = nil, column: Int? = nil, key: String = "", message: String, hint: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.message = message
        self.hint = hint
    }
}

extension SettingsProblem: CustomStringConvertible {
    /// `file:line:column: key: message`, without the hint.
    public var description: String {
        var place = file
        if let line {
            place += ":\(line)"
            if let column { place += ":\(column)" }
        }
        return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
    }
}

/// Everything that is wrong with the settings, in the order of files and lines.
public struct SettingsProblems: Error, Sendable, Equatable {
    /// The problems; never empty.
    public var problems: [SettingsProblem]

    /// Gathers problems.
    public init(_ problems: [SettingsProblem]) {
        self.problems = problems
    }
}

extension SettingsProblems: CustomStringConvertible {
    /// One line a problem, each followed by its hint.
    public var description: String {
        let head = "cannot read settings: \(problems.count) problem\(problems.count == 1 ? "" : "s")"
        return problems.reduce(into: head) { text, problem in
            text += "\n  \(problem)"
            if let hint = problem.hint { text += "\n    hint: \(hint)" }
        }
    }
}

/// Collects problems while everything is looked at, so that all of them are told at once.
final class ProblemCollector {
    private(set) var problems: [SettingsProblem] = []

    func report(_ problem: SettingsProblem) {
        problems.append(problem)
    }

    func report(at origin: SettingsOrigin, key: String, _ message: String, hint: String? = nil) {
        report(
            SettingsProblem(
                file: origin.file, line: origin.place?.line, column: origin.place?.column, key: key, message: message,
                hint: hint))
    }

    /// The problems by file (in the order given) and line.
    func sorted(fileOrder: [String]) -> [SettingsProblem] {
        problems.enumerated().map { offset, problem in
            let file = fileOrder.firstIndex(of: problem.file) ?? fileOrder.count
            return (rank: (file, problem.line ?? 0, problem.column ?? 0, offset), problem: problem)
        }.sorted { $0.rank < $1.rank }.map(\.problem)
    }
}

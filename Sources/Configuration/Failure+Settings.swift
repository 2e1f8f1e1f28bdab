public import Planning

extension Failure {
    /// Settings that are not taken over, with every problem in a line of its own.
    public init(_ problems: SettingsProblems) {
        let first = problems.problems.first
        self.init(
            .settingsInvalid, "cannot take the settings: \(Plural.count(problems.problems.count, "problem"))",
            hint: problems.problems.count == 1 ? first?.hint : nil,
            location: first.map { Location(path: $0.file, line: $0.line, column: $0.column) },
            notes: problems.problems.map { problem in
                problem.hint.map { "\(problem) (\($0))" } ?? "\(problem)"
            })
    }
}

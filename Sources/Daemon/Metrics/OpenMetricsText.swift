/// Figures in the OpenMetrics text format (version 1.0.0): families, each with its type and a sentence, and `# EOF`.
struct OpenMetricsText {
    /// What a family is to those who read it.
    enum Kind: String {
        case gauge, counter, summary, info
    }

    /// One figure: what is added to the family's name, what it is about, and how much it is.
    struct Sample {
        var suffix = ""
        var labels: [(String, String)] = []
        var value: Double
    }

    private(set) var body = ""

    /// Adds a family; one without samples is left out. A unit is the end of the name.
    mutating func add(_ name: String, _ kind: Kind, unit: String? = nil, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        body += "# TYPE \(name) \(kind.rawValue)\n"
        if let unit { body += "# UNIT \(name) \(unit)\n" }
        body += "# HELP \(name) \(Self.escaped(help))\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
            let suffix = kind == .counter ? "_total" : sample.suffix
            body += "\(name)\(suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))\n"
        }
    }

    /// The whole text.
    var text: String { body + "# EOF\n" }

    private static func number(_ value: Double) -> String {
        guard let whole = Int64(exactly: value) else { return "\(value)" }
        return "\(whole)"
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

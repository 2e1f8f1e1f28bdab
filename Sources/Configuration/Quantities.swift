/// The forms in which settings write durations and sizes: one whole number and one unit, nothing else.
public enum Quantities {
    /// Reads `500ms`, `5s`, `10min`, `1h` or `2d`.
    public static func duration(_ text: String) -> Result<Duration, QuantityObjection> {
        let units: [String: Int64] = ["ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
        return quantity(text, units: units, kind: "a duration", example: "500ms, 5s, 10min, 1h")
            .map { .milliseconds($0) }
    }

    /// Reads `512MiB`, `1GiB` or `20GB` as bytes.
    static func size(_ text: String) -> Result<Int64, QuantityObjection> {
        let units: [String: Int64] = [
            "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
            "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
        ]
        return quantity(text, units: units, kind: "a size", example: "512MiB, 1GiB, 20GB")
    }

    private static func quantity(
        _ text: String, units: [String: Int64], kind: String, example: String
    ) -> Result<Int64, QuantityObjection> {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = String(text[digits.endIndex...])
        let known = units.sorted { $0.value < $1.value }.map(\.key)
        guard let number = Int64(digits) else {
            let isTooLarge = !digits.isEmpty && units[unit] != nil
            return .failure(
                isTooLarge
                    ? QuantityObjection(message: "\"\(text)\" is too large", hint: nil)
                    : QuantityObjection(
                        message: "\"\(text)\" is not \(kind)",
                        hint: "write a whole number and a unit, such as \(example)"))
        }
        guard let factor = units[unit] else {
            let message = unit.isEmpty ? "\"\(text)\" has no unit" : "\"\(unit)\" is not a unit of \(kind.dropFirst(2))"
            var hint = "use one of \(known.joined(separator: ", "))"
            if let other = known.first(where: { $0.lowercased() == unit.lowercased() }) {
                hint = "write \(digits)\(other)"
            } else if unit == "m", units["min"] != nil {
                hint = "write \(digits)min for minutes, \(digits)ms for milliseconds"
            }
            return .failure(QuantityObjection(message: message, hint: hint))
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow
            ? .failure(QuantityObjection(message: "\"\(text)\" is too large", hint: nil)) : .success(product)
    }

    /// A duration as settings write it, in the largest unit that keeps it whole.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")]
        for (factor, unit) in units where milliseconds != 0 && milliseconds % factor == 0 {
            return "\(milliseconds / factor)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}

/// Why a text is not the quantity that it should be.
public struct QuantityObjection: Error, Equatable {
    /// What is wrong.
    public var message: String
    /// What to write instead.
    public var hint: String?
}

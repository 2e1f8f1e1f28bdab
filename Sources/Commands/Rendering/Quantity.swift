import Planning

/// Numbers as people read them.
enum Quantity {
    /// `512 B`, `80.0 MiB`, `1.4 GiB`.
    static func bytes(_ count: Int64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        while value >= 1023.95, unit < 5 {
            value /= 1024
            unit += 1
        }
        return "\(decimal(value)) \(["B", "KiB", "MiB", "GiB", "TiB", "PiB"][unit])"
    }

    /// `850 µs`, `12 ms`, `2.8 s`, `1 min 05 s`, `2 h 03 min`.
    static func duration(seconds: Double) -> String {
        switch seconds {
        case ..<0: "0 ms"
        case ..<0.000_999_5: "\(rounded(seconds * 1_000_000)) µs"
        case ..<0.999_5: "\(rounded(seconds * 1000)) ms"
        case ..<59.95: "\(decimal(seconds)) s"
        case ..<3599.5: sexagesimal(rounded(seconds), "min", "s")
        case ..<359_940: sexagesimal(rounded(seconds / 60), "h", "min")
        default: "\(rounded(seconds / 86400)) days"
        }
    }

    static func duration(milliseconds: Double) -> String { duration(seconds: milliseconds / 1000) }

    static func duration(from start: Timestamp, to end: Timestamp) -> String {
        duration(seconds: seconds(from: start, to: end))
    }

    static func seconds(from start: Timestamp, to end: Timestamp) -> Double {
        Double(end.microseconds - start.microseconds) / 1_000_000
    }

    /// An amount of what a progress counts.
    static func amount(_ count: Int64, unit: String) -> String {
        unit == "bytes" ? bytes(count) : grouped(count)
    }

    /// `1 revision`, `2 revisions`.
    static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        Plural.count(number, singular, plural)
    }

    /// One digit behind the point.
    static func decimal(_ value: Double) -> String {
        let tenths = rounded(value * 10)
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `1 234 567`, with narrow gaps between groups of three.
    static func grouped(_ number: Int64) -> String {
        var result = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { result.append(" ") }
            result.append(digit)
        }
        return (number < 0 ? "-" : "") + String(result.reversed())
    }

    /// Rounds without trapping on what no integer holds.
    private static func rounded(_ value: Double) -> Int64 {
        guard value.isFinite else { return 0 }
        return Int64(exactly: min(max(value, -9e18), 9e18).rounded()) ?? 0
    }

    private static func sexagesimal(_ number: Int64, _ large: String, _ small: String) -> String {
        let rest = number % 60
        return "\(number / 60) \(large) \(rest < 10 ? "0" : "")\(rest) \(small)"
    }
}

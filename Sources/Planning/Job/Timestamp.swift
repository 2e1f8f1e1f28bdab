/// A moment, as microseconds since 1970-01-01T00:00:00Z: PostgreSQL's and systemd's own resolution. Written as RFC 3339.
public struct Timestamp: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public var microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// `2026-11-22T10:15:00.123456Z`
    public var description: String {
        let (date, clock) = civil
        let fraction = Self.padded(clock.microsecond, 6)
        return
            "\(date)T\(Self.padded(clock.hour, 2)):\(Self.padded(clock.minute, 2)):\(Self.padded(clock.second, 2)).\(fraction)Z"
    }

    /// `20261122T101500Z`, for names of files.
    public var compact: String {
        let (date, clock) = civil
        let digits = date.filter { $0 != "-" }
        return "\(digits)T\(Self.padded(clock.hour, 2))\(Self.padded(clock.minute, 2))\(Self.padded(clock.second, 2))Z"
    }

    /// `2026-11-22 10:15:00`, in UTC, for people.
    public var readable: String {
        let (date, clock) = civil
        return "\(date) \(Self.padded(clock.hour, 2)):\(Self.padded(clock.minute, 2)):\(Self.padded(clock.second, 2))"
    }

    /// Reads what `description` writes; nil for anything else.
    public init?(parsing text: String) {
        let digits = text.utf8.map { Int64($0) - 48 }
        let separators: [Int: Character] = [4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: ".", 26: "Z"]
        guard digits.count == 27 else { return nil }
        for (index, character) in text.enumerated() {
            if let separator = separators[index] {
                guard character == separator else { return nil }
            } else if !(0...9).contains(digits[index]) {
                return nil
            }
        }
        func number(_ range: Range<Int>) -> Int64 { digits[range].reduce(0) { $0 * 10 + $1 } }
        let days = Self.daysSinceEpoch(year: number(0..<4), month: number(5..<7), day: number(8..<10))
        let seconds = ((days * 24 + number(11..<13)) * 60 + number(14..<16)) * 60 + number(17..<19)
        self.init(microseconds: seconds * 1_000_000 + number(20..<26))
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let parsed = Timestamp(parsing: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time: \(text)")
        }
        self = parsed
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private var civil: (date: String, clock: (hour: Int64, minute: Int64, second: Int64, microsecond: Int64)) {
        let day: Int64 = 86_400_000_000
        let days = microseconds >= 0 ? microseconds / day : (microseconds - day + 1) / day
        let rest = microseconds - days * day
        let second = rest / 1_000_000
        let date = Self.civil(daysSinceEpoch: days)
        let text = "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
        return (text, (second / 3600, second / 60 % 60, second % 60, rest % 1_000_000))
    }

    /// The proleptic Gregorian date of a day, by Howard Hinnant's `civil_from_days`.
    private static func civil(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let z = daysSinceEpoch + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// The inverse, `days_from_civil`.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

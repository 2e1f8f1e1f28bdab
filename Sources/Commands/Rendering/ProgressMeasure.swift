import Planning

/// How fast something goes, and how long it will take yet, from what was reported of it.
struct ProgressMeasure: Sendable {
    private struct Sample: Sendable {
        var at: Timestamp
        var done: Int64
    }

    /// The latest samples: the rate is that of the last seconds, not of the whole time.
    private var samples: [Sample] = []
    private(set) var latest: JobEvent.Progress?

    private static let window: Int64 = 10_000_000

    mutating func add(_ progress: JobEvent.Progress, at moment: Timestamp) {
        // A dump goes from table to table and is one whole; an index build has phases, each with an end of its own.
        let isOther =
            latest.map {
                $0.unit != progress.unit || $0.done > progress.done
                    || $0.phase != progress.phase && $0.total != progress.total
            } ?? false
        if isOther { samples = [] }
        latest = progress
        samples.append(Sample(at: moment, done: progress.done))
        while samples.count > 2, moment.microseconds - samples[1].at.microseconds >= Self.window {
            samples.removeFirst()
        }
    }

    /// How many a second; nil until it can be known.
    var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at, last.done > first.done else {
            return nil
        }
        return Double(last.done - first.done) / Quantity.seconds(from: first.at, to: last.at)
    }

    /// Between 0 and 1; nil where the end is not known.
    var fraction: Double? {
        guard let latest, let total = latest.total, total > 0 else { return nil }
        return min(max(Double(latest.done) / Double(total), 0), 1)
    }

    /// Seconds to go from `now` on.
    func secondsLeft(now: Timestamp) -> Double? {
        guard let latest, let total = latest.total, let rate, let last = samples.last else { return nil }
        return max(Double(total - latest.done) / rate - max(Quantity.seconds(from: last.at, to: now), 0), 0)
    }

    /// A bar with what there is to say: `█████░░░░░  50%  36.0 MiB of 72.0 MiB  12.0 MiB/s  3 s left  orders`. What does
    /// not fit is left out, the phase first.
    func line(width: Int, now: Timestamp, signs: ProgressView.Signs) -> String? {
        guard let latest else { return nil }
        let unit = latest.unit == "bytes" ? "" : " \(latest.unit)"
        var parts: [String] = []
        let done = Quantity.amount(latest.done, unit: latest.unit)
        if let total = latest.total {
            parts.append("\(done) of \(Quantity.amount(total, unit: latest.unit))\(unit)")
        } else {
            parts.append("\(done)\(unit)")
        }
        if let rate { parts.append("\(Quantity.rate(rate, unit: latest.unit))/s") }
        // What takes longer than it looked like has no end that anybody knows.
        if let left = secondsLeft(now: now), left > 0 {
            parts.append("\(Quantity.wholeSeconds(left.rounded(.up))) left")
        }
        if let phase = latest.phase { parts.append(phase.printable) }
        if let fraction {
            let percent = "\(Int(fraction * 100))%"
            parts.insert(String(repeating: " ", count: 4 - percent.count) + percent, at: 0)
        }
        let bar = fraction.map { Self.bar($0, columns: 20, signs: signs) + " " } ?? ""
        var text = parts.joined(separator: "  ")
        while parts.count > 1, bar.columns + text.columns > width {
            parts.removeLast()
            text = parts.joined(separator: "  ")
        }
        return bar.columns + text.columns > width ? text.truncated(to: width) : bar + text
    }

    static func bar(_ fraction: Double, columns: Int, signs: ProgressView.Signs) -> String {
        let filled = Int((fraction * Double(columns)).rounded(.down))
        return String(repeating: signs.filled, count: filled)
            + String(repeating: signs.empty, count: columns - filled)
    }
}

extension Quantity {
    static func rate(_ perSecond: Double, unit: String) -> String {
        unit == "bytes" || perSecond >= 10
            ? amount(Int64(min(perSecond, 9e18)), unit: unit) : decimal(perSecond)
    }

    /// As `duration`, without a fraction.
    static func wholeSeconds(_ seconds: Double) -> String {
        seconds < 60 ? "\(Int(seconds)) s" : duration(seconds: seconds)
    }

    /// Whole seconds for a running clock: `7 s`, `1 min 05 s`.
    static func clock(from start: Timestamp, to end: Timestamp) -> String {
        wholeSeconds(max(0, seconds(from: start, to: end).rounded(.down)))
    }
}

// The headers of libsystemd bring `timespec` as well, and the compiler may take it from there.
import CSystemd
import Glibc
public import Logging

/// Writes log events as plain lines to standard error: `time level message key=value`.
public struct StandardErrorLogHandler: LogHandler {
    /// Events below this level are not written.
    public var logLevel: Logger.Level
    /// What every event of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// What every event carries because of where it happens.
    public var metadataProvider: Logger.MetadataProvider?

    /// Makes a handler.
    public init(logLevel: Logger.Level = .info, metadataProvider: Logger.MetadataProvider? = nil) {
        self.logLevel = logLevel
        self.metadataProvider = metadataProvider
    }

    /// One value of what every event of this logger carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event.
    public func log(event: LogEvent) { Self.write(Self.line(for: event, metadata: mergedMetadata(of: event))) }

    /// The line, without its end: whatever an event holds, it stays one line.
    static func line(for event: LogEvent, metadata: Logger.Metadata, now: timespec = currentTime()) -> String {
        var line = "\(timestamp(now)) \(event.level.rawValue) \(escaped(event.message.description))"
        if let error = event.error { line += " error=\(value("\(error)"))" }
        for (key, content) in metadata.sorted(by: { $0.key < $1.key }) where key != JournalFields.messageIDKey {
            line += " \(escaped(key))=\(value(content.description))"
        }
        return line
    }

    /// Writes a line at once, so that lines of several writers do not mix.
    static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(STDERR_FILENO, part.baseAddress, part.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// A value with quotes where it needs them to be told from what follows.
    private static func value(_ text: String) -> String {
        let needsQuotes =
            text.isEmpty || text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") }
        guard needsQuotes else { return escaped(text) }
        var quoted = "\""
        for character in escaped(text) {
            if character == "\"" { quoted += "\\" }
            quoted.append(character)
        }
        return quoted + "\""
    }

    /// A text without anything that ends a line or commands a terminal.
    private static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            case _ where scalar.properties.generalCategory == .control || scalar.properties.isNewline:
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func currentTime() -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now
    }

    /// The time as RFC 3339 writes it, in UTC, with milliseconds.
    static func timestamp(_ time: timespec) -> String {
        var seconds = time.tv_sec
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}

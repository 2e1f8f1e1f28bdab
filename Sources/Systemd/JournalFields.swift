import Logging

/// A log event as the journal's fields.
enum JournalFields {
    /// The longest value that is sent; the rest is cut off.
    static let longestValue = 256 << 10
    /// The longest name that the journal takes.
    static let longestName = 64
    /// What our own fields begin with.
    static let prefix = "MIGRATED_"
    /// The key of the metadata that is the journal's message id.
    static let messageIDKey = "message-id"

    /// The fields, each `NAME=value` in bytes.
    ///
    /// A value may hold anything, line ends included: the journal takes its length with it. A name is made of what the
    /// journal allows, and always begins with our prefix, so that no key can pose as a field of somebody else.
    static func of(_ event: LogEvent, metadata: Logger.Metadata, identifier: String) -> [[UInt8]] {
        var fields = [
            field("MESSAGE", event.message.description), field("PRIORITY", "\(priority(event.level))"),
            field("SYSLOG_IDENTIFIER", identifier), field("CODE_FILE", event.file), field("CODE_LINE", "\(event.line)"),
            field("CODE_FUNC", event.function),
        ]
        if let error = event.error { fields.append(field(prefix + "ERROR", "\(error)")) }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            if key == messageIDKey {
                if let id = messageID(value.description) { fields.append(field("MESSAGE_ID", id)) }
            } else {
                fields.append(field(name(for: key), value.description))
            }
        }
        return fields
    }

    /// A key as a field's name: `job-id` becomes `MIGRATED_JOB_ID`.
    static func name(for key: String) -> String {
        var name = prefix
        for scalar in key.unicodeScalars.prefix(longestName - prefix.utf8.count) {
            switch scalar {
            case "a"..."z": name.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value) - 32))
            case "A"..."Z", "0"..."9", "_": name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return name
    }

    /// syslog's priority of a level.
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// A message id as the journal wants it, 32 small hexadecimal digits, or nil where it is none.
    private static func messageID(_ text: String) -> String? {
        let digits = text.filter { $0 != "-" }.lowercased()
        return digits.utf8.count == 32 && digits.allSatisfy { $0.isHexDigit } ? digits : nil
    }

    private static func field(_ name: String, _ value: String) -> [UInt8] {
        var bytes = Array("\(name)=".utf8)
        bytes += value.utf8.prefix(longestValue)
        if value.utf8.count > longestValue {
            // A character that was cut in two would make the journal take all for binary data.
            let rest = bytes.lastIndex { $0 & 0xC0 != 0x80 } ?? 0
            bytes.removeSubrange(rest...)
        }
        return bytes
    }
}

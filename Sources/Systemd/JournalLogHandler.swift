import CSystemd
import Glibc
public import Logging

/// Writes log events into the journal, with their metadata as fields.
///
/// `MESSAGE_ID` is made of the metadata `message-id`; any other key becomes `MIGRATED_` and the key in capitals.
public struct JournalLogHandler: LogHandler {
    /// Events below this level are not written.
    public var logLevel: Logger.Level
    /// What every event of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// What every event carries because of where it happens.
    public var metadataProvider: Logger.MetadataProvider?
    private let identifier: String

    /// Makes a handler.
    ///
    /// - Parameter identifier: The program's name, as the journal shows it.
    public init(
        identifier: String, logLevel: Logger.Level = .info, metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.identifier = identifier
        self.logLevel = logLevel
        self.metadataProvider = metadataProvider
    }

    /// One value of what every event of this logger carries.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event; where the journal takes none, it goes to standard error.
    public func log(event: LogEvent) {
        let all = mergedMetadata(of: event)
        let fields = JournalFields.of(event, metadata: all, identifier: identifier)
        guard Self.send(fields) < 0 else { return }
        StandardErrorLogHandler.write(StandardErrorLogHandler.line(for: event, metadata: all))
    }

    private static func send(_ fields: [[UInt8]]) -> Int32 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(fields.reduce(0) { $0 + $1.count })
        for field in fields { bytes += field }
        return bytes.withUnsafeMutableBytes { buffer in
            var offset = 0
            let vectors = fields.map { field in
                defer { offset += field.count }
                return iovec(iov_base: buffer.baseAddress! + offset, iov_len: field.count)
            }
            return sd_journal_sendv(vectors, Int32(vectors.count))
        }
    }
}

extension LogHandler {
    /// What the event carries, what the place says and what the logger carries, in this order of precedence.
    func mergedMetadata(of event: LogEvent) -> Logger.Metadata {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        return all
    }
}

import CSystemd
import Glibc

/// Tells the service manager how the service is; without one (no `NOTIFY_SOCKET`) every call does nothing.
public struct ServiceNotifier: Sendable {
    /// Makes a notifier; what it speaks to is found in the environment at each call.
    public init() {}

    /// Whether there is a service manager that listens.
    public var isListenedTo: Bool { getenv("NOTIFY_SOCKET").map { $0.pointee != 0 } ?? false }

    /// The service does its work from now on; after a reload: again.
    public func ready(status: String? = nil) {
        send(["READY=1"] + (status.map { [Self.assignment("STATUS", $0)] } ?? []))
    }

    /// One honest line about what the service does.
    public func status(_ text: String) { send([Self.assignment("STATUS", text)]) }

    /// The service begins to stop.
    public func stopping(status: String? = nil) {
        send(["STOPPING=1"] + (status.map { [Self.assignment("STATUS", $0)] } ?? []))
    }

    /// The service begins to read its settings anew; ``ready(status:)`` ends that.
    public func reloading() { send(["RELOADING=1", "MONOTONIC_USEC=\(Self.monotonicMicroseconds())"]) }

    /// The service is alive.
    public func watchdog() { send(["WATCHDOG=1"]) }

    /// Starting or stopping takes longer: at most `duration` from now, unless more is asked for.
    public func extendTimeout(_ duration: Duration) {
        send(["EXTEND_TIMEOUT_USEC=\(Self.microseconds(duration))"])
    }

    /// Why the service failed, as a system's error number.
    public func failed(code: Int32) { send(["ERRNO=\(code)"]) }

    private func send(_ lines: [String]) {
        // Nobody to tell is no failure; and one that cannot be told cannot be helped either.
        sd_notify(0, lines.joined(separator: "\n"))
    }

    /// A line of the protocol: a value that had lines of its own could say anything.
    static func assignment(_ name: String, _ value: String) -> String {
        var line = "\(name)=".unicodeScalars
        for scalar in value.unicodeScalars.prefix(2048) {
            line.append(scalar.value < 0x20 || scalar.value == 0x7F || scalar.properties.isNewline ? " " : scalar)
        }
        return String(line)
    }

    static func microseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : whole &+ UInt64(attoseconds / 1_000_000_000_000)
    }

    private static func monotonicMicroseconds() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
    }
}

extension Unicode.Scalar.Properties {
    /// Whether terminals and readers of logs may begin a new line here.
    var isNewline: Bool { generalCategory == .lineSeparator || generalCategory == .paragraphSeparator }
}

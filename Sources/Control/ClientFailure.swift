import Glibc
import Planning
import Varlink

extension Failure {
    /// What keeps a client from the daemon, with what to do about it.
    init(_ error: ClientError, socketPath: String) {
        let subject = "cannot reach the daemon on \"\(socketPath)\""
        switch error {
        case .noSuchSocket:
            self.init(
                .daemonUnavailable, "\(subject): no such socket",
                hint: "is migrated running? systemctl status migrated; another socket is named by --socket")
        case .refused:
            self.init(
                .daemonUnavailable, "\(subject): nobody listens on it",
                hint: "is migrated running? systemctl status migrated")
        case .permissionDenied:
            let group = SocketFile.groupName(ofPath: socketPath)
            self.init(
                .permissionDenied, "\(subject): permission denied",
                hint: group.map { "join the group \"\($0)\" and log in again, or call as root" } ?? "call as root")
        case .cannotConnect(_, let reason):
            self.init(.daemonUnavailable, "\(subject): \(reason)", hint: "systemctl status migrated")
        case .timedOut:
            self.init(
                .daemonUnavailable, "\(subject): no answer in time",
                hint: "look at what it does: systemctl status migrated")
        case .closed:
            self.init(
                .daemonUnavailable, "\(subject): the connection was lost and could not be made anew",
                hint: "systemctl status migrated")
        case .protocolViolation, .unexpectedReply:
            self.init(
                .protocolViolation, "\(error)",
                hint: "compare the versions: migratectl --version, migrated --version")
        case .messageTooLong(let bytes, let limit):
            self.init(
                .usage, "cannot send the call: \(bytes) bytes are more than \(limit)",
                hint: "call with fewer or shorter arguments")
        }
    }
}

/// The file of a socket.
public enum SocketFile {
    /// The name of the group that owns the file (its number where it has no name); nil where there is no such file.
    public static func groupName(ofPath path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        var entry = group()
        var buffer = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<group>?
        guard getgrgid_r(status.st_gid, &entry, &buffer, buffer.count, &found) == 0, found != nil,
            let name = entry.gr_name
        else { return String(status.st_gid) }
        return String(cString: name)
    }
}

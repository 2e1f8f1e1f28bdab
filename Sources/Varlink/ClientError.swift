/// Why a client cannot talk to a server. An error that the server replies with is a `VarlinkError` instead.
public enum ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no file of this name.
    case noSuchSocket(path: String)
    /// The file is there, but nobody listens.
    case refused(path: String)
    /// This user may not connect.
    case permissionDenied(path: String)
    /// Connecting failed otherwise.
    case cannotConnect(path: String, reason: String)
    /// The server took too long.
    case timedOut
    /// The connection ended before the (last) reply came: the call may or may not have been carried out.
    case closed
    /// What the server sent breaks the protocol.
    case protocolViolation(String)
    /// The call is longer than a server would read.
    case messageTooLong(bytes: Int, limit: Int)
    /// The server replied with parameters that are not what was expected; the path of the first wrong one.
    case unexpectedReply(method: String, parameter: String)

    /// For people.
    public var description: String {
        switch self {
        case .noSuchSocket(let path): "cannot connect to \"\(path)\": no such socket"
        case .refused(let path): "cannot connect to \"\(path)\": nobody listens there"
        case .permissionDenied(let path): "cannot connect to \"\(path)\": permission denied"
        case .cannotConnect(let path, let reason): "cannot connect to \"\(path)\": \(reason)"
        case .timedOut: "cannot wait any longer: the server took too long"
        case .closed: "cannot read reply: the connection was closed"
        case .protocolViolation(let reason): "cannot read reply: \(reason)"
        case .messageTooLong(let bytes, let limit): "cannot send call: \(bytes) bytes are more than \(limit)"
        case .unexpectedReply(let method, let parameter):
            "cannot understand reply to \"\(method)\": unexpected value of \"\(parameter)\""
        }
    }
}

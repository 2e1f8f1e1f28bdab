/// What one server or one client is willing to bear; everything that could grow has its bound here.
public struct Limits: Sendable, Equatable {
    /// The longest message that a server reads, in bytes, its terminating NUL excluded.
    public var inboundMessageBytes = 1 << 20
    /// The longest message that a server writes (and that a client reads), in bytes.
    public var outboundMessageBytes = 16 << 20
    /// How deeply arrays and objects may be nested in a message.
    public var nesting = 64
    /// Connections at a time; one more is closed at once.
    public var connections = 256
    /// Connections at a time of one user.
    public var connectionsPerUser = 32
    /// How long a message may take from its first byte to its last.
    public var messageTime: Duration = .seconds(30)
    /// How long a client may take nothing of what is written to it before it is dropped.
    public var writeTime: Duration = .seconds(10)
    /// How long calls under way may go on when the server is told to stop, before they are cancelled.
    public var shutdownTime: Duration = .seconds(5)
    /// How long the rest of what a client sends is read (and thrown away) before its connection is closed, so that
    /// it can read the last reply: closing with unread input would make it an error for the client.
    public var lingerTime: Duration = .seconds(1)

    /// The limits of the protocol's rules.
    public init() {}
}

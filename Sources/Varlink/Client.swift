/// One connection to a Varlink service. Calls of several tasks are sent one after the other and answered in this
/// order; a stream holds the connection until its end.
public final class Client: Sendable {
    private init() {}

    /// Connects to the socket at `path`.
    public static func connect(
        toPath path: String, timeout: Duration = .seconds(5), limits: Limits = .init()
    ) async throws -> Client {
        throw ClientError.noSuchSocket(path: path)
    }

    /// Calls a method and waits for its one reply. Throws the server's `VarlinkError`, or a `ClientError`. When the
    /// task is cancelled the reply is thrown away and the connection can still be used.
    /// - Parameter timeout: how long to wait for the reply; then the connection is closed.
    public func call<Parameters: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ method: String, _ parameters: Parameters, returning: Reply.Type = Reply.self, timeout: Duration? = nil
    ) async throws -> Reply {
        throw ClientError.closed
    }

    /// Calls a method with `oneway`: returns as soon as the call is sent.
    public func callOneway(_ method: String, _ parameters: some Encodable & Sendable) async throws {
        throw ClientError.closed
    }

    /// Calls a method with `more`. The replies are read as they are asked for. A last reply without parameters ends
    /// the stream without an element. Leaving the stream before its end closes the connection: the protocol has no
    /// other way to say so.
    public func stream<Parameters: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ method: String, _ parameters: Parameters, of: Reply.Type = Reply.self
    ) -> AsyncThrowingStream<Reply, any Error> {
        AsyncThrowingStream { throw ClientError.closed }
    }

    /// Closes the connection; calls under way throw `ClientError.closed`.
    public func close() {}
}

import Glibc
import NIOCore
import NIOPosix

/// One connection to a Varlink service. Calls of several tasks are sent one after the other and answered in this
/// order; a stream holds the connection until its end.
public final class Client: Sendable {
    private let connection: NIOLoopBound<ClientConnection>
    private let loop: any EventLoop
    private let limits: Limits

    private init(connection: NIOLoopBound<ClientConnection>, limits: Limits) {
        self.connection = connection
        self.limits = limits
        loop = EventThread.loop
    }

    deinit {
        close()
    }

    /// Connects to the socket at `path`. Throws a `ClientError` that says why it cannot.
    public static func connect(
        toPath path: String, timeout: Duration = .seconds(5), limits: Limits = .init()
    ) async throws -> Client {
        let descriptor = try await descriptor(connectedTo: path, timeout: timeout)
        let loop = EventThread.loop
        let connection = try await loop.submit {
            NIOLoopBound(ClientConnection(limits: limits), eventLoop: loop)
        }.get()
        do {
            _ = try await ClientBootstrap(group: loop)
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(connection.value)
                    }
                }
                .withConnectedSocket(descriptor).get()
        } catch {
            throw ClientError.cannotConnect(path: path, reason: "\(error)")
        }
        return Client(connection: connection, limits: limits)
    }

    // A full queue of a server that does not accept (as while it is started) is waited for.
    private static func descriptor(connectedTo path: String, timeout: Duration) async throws -> Int32 {
        guard let address = UnixAddress(path: path) else {
            throw ClientError.cannotConnect(path: path, reason: "not a path that a socket can have")
        }
        let descriptor = UnixAddress.socket()
        guard descriptor >= 0 else { throw ClientError.cannotConnect(path: path, reason: systemReason()) }
        let deadline = ContinuousClock.now + timeout
        do {
            while address.connect(descriptor) != 0 {
                switch errno {
                case EAGAIN, EINTR:
                    guard ContinuousClock.now < deadline else { throw ClientError.timedOut }
                    try await Task.sleep(for: .milliseconds(10))
                case ENOENT, ENOTDIR: throw ClientError.noSuchSocket(path: path)
                case ECONNREFUSED: throw ClientError.refused(path: path)
                case EACCES, EPERM: throw ClientError.permissionDenied(path: path)
                default: throw ClientError.cannotConnect(path: path, reason: systemReason())
                }
            }
            return descriptor
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Calls a method and waits for its one reply. Throws the server's `VarlinkError`, or a `ClientError`. When the
    /// task is cancelled the reply is thrown away and the connection can still be used.
    /// - Parameter timeout: how long to wait for the reply; then the connection is closed.
    public func call<Parameters: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ method: String, _ parameters: Parameters, returning: Reply.Type = Reply.self, timeout: Duration? = nil
    ) async throws -> Reply {
        let parameters = try JSONValue.object(encoding: parameters)
        return try Self.decode(await call(method, parameters, timeout: timeout), of: method)
    }

    /// Calls a method with parameters, and gives back those of the reply, as JSON values.
    public func call(
        _ method: String, _ parameters: [String: JSONValue], timeout: Duration? = nil
    ) async throws -> [String: JSONValue] {
        let pending = PendingCall(loop: loop, isStream: false)
        let bytes = try serialized(CallMessage(method: method, parameters: parameters))
        loop.execute { [connection] in connection.value.send(bytes, pending, timeout: timeout) }
        guard let reply = try await next(pending) else { throw ClientError.closed }
        return try reply.result.parameters
    }

    /// Calls a method with `oneway`: returns as soon as the call is sent.
    public func callOneway(_ method: String, _ parameters: some Encodable & Sendable) async throws {
        let parameters = try JSONValue.object(encoding: parameters)
        let bytes = try serialized(CallMessage(method: method, parameters: parameters, oneway: true))
        let promise = loop.makePromise(of: Void.self)
        loop.execute { [connection] in connection.value.write(bytes, promise) }
        try await promise.futureResult.get()
    }

    /// Calls a method with `more`. The replies are read as they are asked for. A last reply without parameters ends
    /// the stream without an element. Leaving the stream before its end closes the connection: the protocol has no
    /// other way to say so.
    public func stream<Parameters: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ method: String, _ parameters: Parameters, of: Reply.Type = Reply.self
    ) -> AsyncThrowingStream<Reply, any Error> {
        let pending = PendingCall(loop: loop, isStream: true)
        do {
            let parameters = try JSONValue.object(encoding: parameters)
            let bytes = try serialized(CallMessage(method: method, parameters: parameters, more: true))
            loop.execute { [connection] in connection.value.send(bytes, pending, timeout: nil) }
        } catch {
            return AsyncThrowingStream { throw error }
        }
        let lease = StreamLease(client: self, pending: pending)
        return AsyncThrowingStream {
            guard let reply = try await lease.next() else { return nil }
            let message = try reply.result
            if !message.continues && message.parameters.isEmpty { return nil }
            return try Self.decode(message.parameters, of: method)
        }
    }

    /// Closes the connection; calls under way throw `ClientError.closed`.
    public func close() {
        loop.execute { [connection] in connection.value.close() }
    }

    private func serialized(_ message: CallMessage) throws -> [UInt8] {
        let bytes = try message.serialized()
        guard bytes.count <= limits.inboundMessageBytes else {
            throw ClientError.messageTooLong(bytes: bytes.count, limit: limits.inboundMessageBytes)
        }
        return bytes
    }

    private static func decode<Reply: Decodable>(_ parameters: [String: JSONValue], of method: String) throws -> Reply {
        do {
            return try JSONValue.object(parameters).decode()
        } catch let error as DecodingError {
            throw ClientError.unexpectedReply(method: method, parameter: error.path)
        }
    }

    fileprivate func next(_ pending: PendingCall) async throws -> ReplyMessage? {
        let promise = loop.makePromise(of: ReplyMessage?.self)
        return try await withTaskCancellationHandler {
            loop.execute { [connection] in connection.value.next(of: pending, promise) }
            return try await promise.futureResult.get()
        } onCancel: {
            loop.execute { [connection] in connection.value.cancel(pending) }
        }
    }

    fileprivate func leave(_ pending: PendingCall) {
        loop.execute { [connection] in connection.value.leave(pending) }
    }
}

// Held by a stream alone: when the stream is let go, so is its call.
private final class StreamLease: Sendable {
    private let client: Client
    private let pending: PendingCall

    init(client: Client, pending: PendingCall) {
        self.client = client
        self.pending = pending
    }

    deinit {
        client.leave(pending)
    }

    func next() async throws -> ReplyMessage? { try await client.next(pending) }
}

extension ReplyMessage {
    // The reply, unless it is an error.
    fileprivate var result: ReplyMessage {
        get throws(VarlinkError) {
            if let error { throw VarlinkError(name: error, parameters: parameters) }
            return self
        }
    }
}

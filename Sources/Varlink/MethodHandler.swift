/// One call as its handler sees it.
public struct Call: Sendable {
    /// Who calls.
    public let peer: PeerCredentials
    /// The fully-qualified method.
    public let method: String
    /// Whether the client is ready for several replies.
    public let more: Bool
    /// Whether the client wants no reply at all.
    public let oneway: Bool

    /// A call; for tests of handlers.
    public init(peer: PeerCredentials, method: String, more: Bool = false, oneway: Bool = false) {
        self.peer = peer
        self.method = method
        self.more = more
        self.oneway = oneway
    }

    /// Throws `org.varlink.service.ExpectedMore` unless the client asked for several replies.
    public func requireMore() throws(VarlinkError) {
        guard more else { throw .expectedMore }
    }
}

/// One call that may be answered by several replies. Its handler's task is cancelled when the client goes away and
/// when the server stops.
public struct StreamingCall<Reply: Encodable & Sendable>: Sendable {
    /// The call itself.
    public let call: Call
    private let replies: ReplySink

    init(call: Call, replies: ReplySink) {
        self.call = call
        self.replies = replies
    }

    /// A call whose replies go to `receive`, each with whether more will follow; for tests of handlers.
    public init(
        call: Call,
        receive: @escaping @Sendable (_ parameters: [String: JSONValue], _ continues: Bool) async throws -> Void
    ) {
        self.init(call: call, replies: ReplySink(call: call, receive: receive))
    }

    /// Who calls.
    public var peer: PeerCredentials { call.peer }
    /// The fully-qualified method.
    public var method: String { call.method }
    /// Whether the client is ready for several replies. If not, `finish` must be called, and `send` throws
    /// `org.varlink.service.ExpectedMore`.
    public var more: Bool { call.more }

    /// Sends one reply that more will follow; returns when the kernel has taken all of it, so a client that reads
    /// slowly slows the handler down (and one that does not read at all is dropped: then this throws).
    public func send(_ reply: Reply) async throws {
        try await replies.send(try JSONValue.object(encoding: reply), continues: true)
    }

    /// Sends the last reply. A handler that returns without it ends the stream with a reply without parameters.
    public func finish(_ reply: Reply) async throws {
        try await replies.send(try JSONValue.object(encoding: reply), continues: false)
    }
}

/// Parameters of a method that takes none, or has none to give back.
public struct NoParameters: Codable, Sendable, Equatable {
    /// No parameters.
    public init() {}
}

/// What a handler's `send` throws when the client is not there any more.
public struct PeerDisconnected: Error, Sendable, CustomStringConvertible {
    /// For people.
    public var description: String { "cannot reply: the client has gone" }
}

/// The implementation of one method.
public struct MethodHandler: Sendable {
    typealias Body = @Sendable ([String: JSONValue], Call, ReplySink) async throws -> Void

    /// The fully-qualified name of the method.
    public let method: String
    let body: Body

    /// A method with one reply. Its task is not cancelled when the client goes away, only when the server has
    /// waited long enough while stopping.
    public init<Parameters: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ method: String, _ handle: @escaping @Sendable (Parameters, Call) async throws -> Reply
    ) {
        self.method = method
        body = { parameters, call, replies in
            let reply = try await handle(try Self.decode(parameters), call)
            try await replies.send(try JSONValue.object(encoding: reply), continues: false)
        }
    }

    /// A method with several replies for a client that set `more`.
    public init<Parameters: Decodable & Sendable, Reply: Encodable & Sendable>(
        streaming method: String,
        _ handle: @escaping @Sendable (Parameters, StreamingCall<Reply>) async throws -> Void
    ) {
        self.method = method
        body = { parameters, call, replies in
            try await handle(try Self.decode(parameters), StreamingCall(call: call, replies: replies))
            try await replies.finishIfOpen()
        }
    }

    private static func decode<Parameters: Decodable>(_ parameters: [String: JSONValue]) throws -> Parameters {
        do {
            return try JSONValue.object(parameters).decode()
        } catch let error as DecodingError {
            throw VarlinkError.invalidParameter(error.path)
        }
    }

    /// Runs the handler without a socket, as a test would: the replies go to `receive`, each with whether more will
    /// follow. Throws what the handler throws.
    public func invoke(
        _ parameters: [String: JSONValue], call: Call,
        receive: @escaping @Sendable (_ parameters: [String: JSONValue], _ continues: Bool) async throws -> Void
    ) async throws {
        try await body(parameters, call, ReplySink(call: call, receive: receive))
    }
}

extension DecodingError {
    // The path to the offending field, as in `plan.steps[2].name`.
    var path: String {
        let keys: [any CodingKey] =
            switch self {
            case .keyNotFound(let key, let context): context.codingPath + [key]
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            @unknown default: []
            }
        return keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }
}

import Faults
public import Varlink

/// The daemon's end of the interface. It turns typed bodies into the protocol's handlers and whatever they throw into
/// error replies, so that the daemon only lists what it answers:
///
/// ```swift
/// let handlers: [MethodHandler] = [
///     ControlServer.handler(GetStatus.self) { parameters, call in try await … },
///     ControlServer.handler(streaming: WatchJob.self) { parameters, stream in try await stream.send(…) },
/// ]
/// ```
public enum ControlServer {
    /// A method with one reply.
    public static func handler<M: ControlMethod>(
        _: M.Type, _ body: @escaping @Sendable (M.Parameters, Call) async throws -> M.Reply
    ) -> MethodHandler {
        MethodHandler(M.qualifiedName) { (parameters: M.Parameters, call: Call) async throws -> M.Reply in
            FaultPoint.pass("called \(M.name)")
            defer { FaultPoint.pass("before the reply of \(M.name)") }
            do {
                return try await body(parameters, call)
            } catch {
                throw VarlinkError(translating: error)
            }
        }
    }

    /// A method that may answer several times. Where `stream.more` is false, exactly one `finish` is due.
    public static func handler<M: ControlMethod>(
        streaming _: M.Type, _ body: @escaping @Sendable (M.Parameters, ControlStream<M>) async throws -> Void
    ) -> MethodHandler {
        MethodHandler(streaming: M.qualifiedName) { (parameters: M.Parameters, call: StreamingCall<M.Reply>) in
            FaultPoint.pass("called \(M.name)")
            do {
                try await body(parameters, ControlStream(call: call))
            } catch let error as PeerDisconnected {
                throw error
            } catch {
                throw VarlinkError(translating: error)
            }
        }
    }

    /// The methods of the interface that `handlers` leaves out, and those that it has twice: both empty for a daemon
    /// that is complete.
    public static func unanswered(by handlers: [MethodHandler]) -> (missing: [String], repeated: [String]) {
        let counts = Dictionary(handlers.map { ($0.method, 1) }, uniquingKeysWith: +)
        let missing = ControlInterface.methods.map { $0.qualifiedName }.filter { counts[$0] == nil }
        return (missing, counts.filter { $0.value > 1 }.keys.sorted())
    }
}

/// The replies of one call that may have several.
public struct ControlStream<M: ControlMethod>: Sendable {
    private let call: StreamingCall<M.Reply>

    init(call: StreamingCall<M.Reply>) {
        self.call = call
    }

    /// Who calls.
    public var peer: PeerCredentials { call.peer }

    /// Whether the client is ready for several replies.
    public var more: Bool { call.more }

    /// Sends one reply that more will follow. Waits for a client that reads slowly.
    public func send(_ reply: M.Reply) async throws {
        FaultPoint.pass("before a reply of \(M.name)")
        try await call.send(reply)
    }

    /// Sends the last reply.
    public func finish(_ reply: M.Reply) async throws {
        FaultPoint.pass("before the last reply of \(M.name)")
        try await call.finish(reply)
    }
}

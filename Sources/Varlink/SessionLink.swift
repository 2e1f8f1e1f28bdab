import NIOCore

// What a handler's task holds of its session: the way back to the event loop.
struct SessionLink: Sendable {
    private let session: NIOLoopBound<ServerSession>
    private let loop: any EventLoop
    private let call: Call
    private let number: Int
    private let service: Service
    private let limits: Limits

    init(session: ServerSession, call: Call, number: Int, service: Service, limits: Limits) {
        self.session = NIOLoopBound(session, eventLoop: EventThread.loop)
        loop = EventThread.loop
        self.call = call
        self.number = number
        self.service = service
        self.limits = limits
    }

    // Runs the handler to its end. Whatever happens in it, the call is answered or its connection closed.
    func run(_ handler: MethodHandler, _ parameters: [String: JSONValue]) async {
        let replies = ReplySink(call: call) { parameters, continues in
            let message = try ReplyMessage(parameters: parameters, continues: continues).serialized()
            if continues { try await send(message) } else { answer(with: message) }
        }
        do {
            try await handler.body(parameters, call, replies)
        } catch is CancellationError where call.more {
            answer(with: nil)
        } catch {
            let error = error as? VarlinkError ?? service.translateError(error)
            answer(with: try? ReplyMessage(error: error).serialized())
        }
    }

    // One of several replies: waits until the kernel has it.
    private func send(_ message: [UInt8]) async throws {
        guard message.count <= limits.outboundMessageBytes else {
            answer(with: nil)
            throw PeerDisconnected()
        }
        let promise = loop.makePromise(of: Void.self)
        loop.execute { session.value.write(message, promise: promise) }
        do {
            try await promise.futureResult.get()
        } catch {
            throw PeerDisconnected()
        }
    }

    // The last reply; it counts once only. One that is too long, or none, costs the client its connection.
    private func answer(with message: [UInt8]?) {
        let message = message.flatMap { $0.count <= limits.outboundMessageBytes ? $0 : nil }
        loop.execute { session.value.answer(number, with: message) }
    }
}

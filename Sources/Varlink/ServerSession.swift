import NIOCore

// The server's end of one connection: reads one call at a time, runs its handler, writes its replies. Everything
// here happens on the event loop; handlers run elsewhere and come back through a SessionLink.
final class ServerSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case idle
        case busy(RunningCall)
        // No more calls are taken; input is read and thrown away until the client has closed, or time is up.
        case lingering
        case closed
    }

    private struct RunningCall {
        let number: Int
        let call: Call
        // None for a call that is answered at once.
        let task: Task<Void, Never>?
        var isAnswered = false
    }

    let peer: PeerCredentials
    private let service: Service
    private let limits: Limits
    private let registry: SessionRegistry
    private var context: ChannelHandlerContext?
    private var state = State.idle
    private var splitter: MessageSplitter
    private var callNumber = 0
    private var inputClosed = false
    private var isStopping = false
    private var isAdvancing = false
    private var writesUnderWay = 0
    private var messageTimer: Scheduled<Void>?
    private var writeTimer: Scheduled<Void>?

    init(peer: PeerCredentials, service: Service, limits: Limits, registry: SessionRegistry) {
        self.peer = peer
        self.service = service
        self.limits = limits
        self.registry = registry
        splitter = MessageSplitter(limit: limits.inboundMessageBytes)
    }

    // MARK: events of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        registry.add(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        advance()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .idle, .busy: splitter.append(unwrapInboundIn(data))
        case .lingering, .closed: break
        }
    }

    // Not at once: NIO may be about to tell of the end of input, and goes on with the channel as if it were open, which an
    // answer that finds nobody would have closed (NIO's own assertion ends a debug build there).
    func channelReadComplete(context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().execute { self.advance() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            inputClosed = true
            advance()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        disconnected()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        disconnected()
    }

    private func disconnected() {
        context = nil
        messageTimer?.cancel()
        writeTimer?.cancel()
        if case .busy(let running) = state, running.call.more { running.task?.cancel() }
        advance()
    }

    // MARK: calls

    // Does what is to be done next, if anything. A reply that is written at once comes back here: the loop, not the
    // stack, takes care of the calls that wait.
    private func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        beginCalls()
        whatNext()
    }

    private func beginCalls() {
        while case .idle = state, !isStopping {
            do {
                guard let bytes = try splitter.next() else { break }
                messageTimer?.cancel()
                messageTimer = nil
                try start(CallMessage(parsing: bytes, nesting: limits.nesting))
            } catch {
                linger()
            }
        }
    }

    private func whatNext() {
        switch state {
        case .idle:
            if context == nil || inputClosed || isStopping { return close() }
            limitMessageTime()
            context?.read()
        case .busy: break
        case .lingering:
            if context == nil || inputClosed { return close() }
            context?.read()
        case .closed: break
        }
    }

    private func start(_ message: CallMessage) {
        // A call that cannot be answered any more is not begun, one that wants no answer is.
        guard context != nil || message.oneway else { return }
        callNumber += 1
        let call = Call(peer: peer, method: message.method, more: message.more, oneway: message.oneway)
        do {
            let handler = try service.handler(of: message)
            let link = SessionLink(session: self, call: call, number: callNumber, service: service, limits: limits)
            let parameters = message.parameters ?? [:]
            let task = Task { await link.run(handler, parameters) }
            state = .busy(RunningCall(number: callNumber, call: call, task: task))
        } catch {
            guard !message.oneway, let bytes = try? ReplyMessage(error: error).serialized() else { return }
            state = .busy(RunningCall(number: callNumber, call: call, task: nil))
            answer(callNumber, with: bytes)
        }
    }

    // The last reply of a call; nil if there is to be none and the connection shall go, as after a cancelled stream.
    func answer(_ number: Int, with message: [UInt8]?) {
        guard case .busy(var running) = state, running.number == number, !running.isAnswered else { return }
        running.isAnswered = true
        state = .busy(running)
        if running.call.oneway { return endCall() }
        guard let context, let message else { return linger() }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.endCall() }
        write(message, promise: promise)
    }

    private func endCall() {
        guard case .busy = state else { return }
        state = .idle
        if isStopping { linger() }
        advance()
    }

    // Writes a message; one that the client does not take in time costs it the connection.
    func write(_ message: [UInt8], promise: EventLoopPromise<Void>) {
        guard let context else { return promise.fail(PeerDisconnected()) }
        writesUnderWay += 1
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.writesUnderWay -= 1
            if self.writesUnderWay == 0 {
                self.writeTimer?.cancel()
                self.writeTimer = nil
            }
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(message: message)), promise: promise)
        if writesUnderWay > 0 && writeTimer == nil { limitWriteTime() }
    }

    // MARK: limits

    private func limitMessageTime() {
        guard !splitter.isEmpty, messageTimer == nil, let context else { return }
        messageTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.messageTime.timeAmount) {
            self.linger()
        }
    }

    private func limitWriteTime() {
        guard let context else { return }
        let before = waitingBytes
        writeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.writeTime.timeAmount) {
            self.writeTimer = nil
            guard self.writesUnderWay > 0 else { return }
            if self.waitingBytes < before { self.limitWriteTime() } else { self.context?.close(promise: nil) }
        }
    }

    private var waitingBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: the end

    // Takes no more calls: what has been written arrives, what still comes is thrown away, then the end.
    private func linger() {
        if case .closed = state { return }
        state = .lingering
        messageTimer?.cancel()
        splitter = MessageSplitter(limit: limits.inboundMessageBytes)
        guard let context, !inputClosed else { return close() }
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: limits.lingerTime.timeAmount) { self.close() }
        context.read()
    }

    private func close() {
        if case .closed = state { return }
        state = .closed
        context?.close(promise: nil)
        registry.remove(self)
    }

    // The server stops: a stream is ended, a call under way may finish, an idle connection is closed.
    func stop() {
        isStopping = true
        if case .busy(let running) = state, running.call.more { running.task?.cancel() }
        advance()
    }

    // The call under way has had time enough.
    func cancelCall() {
        if case .busy(let running) = state { running.task?.cancel() }
    }

    // Whatever is still going on goes on without a connection.
    func abandon() {
        close()
    }
}

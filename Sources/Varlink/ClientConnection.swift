import NIOCore

// A call that has been sent and the replies that have come for it. Its state is used on the event loop only.
final class PendingCall: Sendable {
    struct State {
        let isStream: Bool
        var replies: [ReplyMessage] = []
        var isComplete = false
        // Why no last reply will come.
        var failure: (any Error)?
        var isCancelled = false
        var waiter: EventLoopPromise<ReplyMessage?>?
        var timer: Scheduled<Void>?
    }

    private let box: NIOLoopBoundBox<State>

    init(loop: any EventLoop, isStream: Bool) {
        box = NIOLoopBoundBox.makeBoxSendingValue(State(isStream: isStream), eventLoop: loop)
    }

    var state: State {
        get { box.value }
        set { box.value = newValue }
    }
}

// The client's end of one connection. Everything here happens on the event loop.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    // So many replies of a stream are read ahead of who reads the stream.
    private static let readAhead = 8

    private let limits: Limits
    private var splitter: MessageSplitter
    private var context: ChannelHandlerContext?
    private var pending: [PendingCall] = []
    // Why nothing can be sent any more.
    private var end: (any Error)?

    init(limits: Limits) {
        self.limits = limits
        splitter = MessageSplitter(limit: limits.outboundMessageBytes)
    }

    // MARK: events of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        splitter.append(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pump()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if end == nil { end = ClientError.closed }
        context.fireChannelInactive()
        pump()
    }

    // MARK: what the client asks for

    func send(_ message: [UInt8], _ call: PendingCall, timeout: Duration?) {
        guard !call.state.isCancelled else { return }
        if let end {
            call.state.failure = end
            return
        }
        pending.append(call)
        if let timeout, let context {
            call.state.timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout.timeAmount) {
                self.fail(with: ClientError.timedOut)
            }
        }
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(message: message)), promise: nil)
        pump()
    }

    func write(_ message: [UInt8], _ promise: EventLoopPromise<Void>) {
        guard let context, end == nil else { return promise.fail(end ?? ClientError.closed) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.flatMapErrorThrowing { _ in throw ClientError.closed }.cascade(to: promise)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(message: message)), promise: written)
    }

    func next(of call: PendingCall, _ promise: EventLoopPromise<ReplyMessage?>) {
        if call.state.isCancelled { return promise.fail(CancellationError()) }
        if !call.state.replies.isEmpty {
            promise.succeed(call.state.replies.removeFirst())
        } else if let failure = call.state.failure {
            promise.fail(failure)
        } else if call.state.isComplete {
            promise.succeed(nil)
        } else {
            call.state.waiter = promise
        }
        pump()
    }

    // Nobody waits for this call any more. Its replies are still to come, and are thrown away.
    func cancel(_ call: PendingCall) {
        call.state.isCancelled = true
        call.state.replies = []
        let waiter = call.state.waiter
        call.state.waiter = nil
        waiter?.fail(CancellationError())
        pump()
    }

    // A stream has been let go. If it has not ended, the server has to be told.
    func leave(_ call: PendingCall) {
        if !call.state.isComplete { close() }
    }

    func close() {
        fail(with: ClientError.closed)
    }

    // MARK: replies

    // Gives the replies that are there to who waits for them, and reads on if somebody still waits.
    private func pump() {
        do throws(ProtocolViolation) {
            while let call = pending.first, call.state.replies.count < Self.readAhead {
                guard let bytes = try splitter.next() else { break }
                try receive(ReplyMessage(parsing: bytes, nesting: limits.nesting), for: call)
            }
            if pending.isEmpty, try splitter.next() != nil {
                throw ProtocolViolation(reason: "a reply that nothing was asked for")
            }
        } catch {
            return fail(with: ClientError.protocolViolation(error.reason))
        }
        guard let call = pending.first, call.state.replies.count < Self.readAhead else { return }
        if let context { context.read() } else { fail(with: end ?? ClientError.closed) }
    }

    private func receive(_ reply: ReplyMessage, for call: PendingCall) throws(ProtocolViolation) {
        let isLast = !reply.continues || reply.error != nil
        guard isLast || call.state.isStream else { throw ProtocolViolation(reason: "more replies than asked for") }
        if isLast {
            pending.removeFirst()
            call.state.isComplete = true
            call.state.timer?.cancel()
        }
        if call.state.isCancelled { return }
        if let waiter = call.state.waiter {
            call.state.waiter = nil
            waiter.succeed(reply)
        } else {
            call.state.replies.append(reply)
        }
    }

    private func fail(with error: any Error) {
        if end == nil { end = error }
        let context = context
        self.context = nil
        let calls = pending
        pending = []
        for call in calls {
            call.state.failure = error
            call.state.timer?.cancel()
            let waiter = call.state.waiter
            call.state.waiter = nil
            waiter?.fail(error)
        }
        context?.close(promise: nil)
    }
}

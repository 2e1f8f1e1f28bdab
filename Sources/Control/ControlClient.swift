public import Planning
import Synchronization
import Varlink

/// The client's end of the interface. Whatever goes wrong is thrown as a `Failure` (or `CancellationError`).
///
/// A reply that is lost because the daemon went away is asked for again, with the very same parameters: calls that
/// change something carry a `requestId`, so that asked twice is done once. A watch goes on behind the last event that
/// arrived.
public final class ControlClient: Sendable {
    /// The socket that the client connects to, at its first call.
    public let socketPath: String
    private let patience: Patience
    private let connection = Mutex<Client?>(nil)

    public init(socketPath: String, patience: Patience = Patience()) {
        self.socketPath = socketPath
        self.patience = patience
    }

    /// Calls a method and waits for its one reply.
    public func call<M: ControlMethod>(_ method: M.Type, _ parameters: M.Parameters) async throws -> M.Reply {
        try await persevering(at: M.name, isRepeatable: Self.isRepeatable(method)) { client, _ in
            try await client.call(M.qualifiedName, parameters, returning: M.Reply.self)
        }
    }

    /// Calls a method that streams, and returns all its replies. A stream that is cut off is read again from its start.
    public func collect<M: ControlMethod>(_: M.Type, _ parameters: M.Parameters) async throws -> [M.Reply] {
        try await persevering(at: M.name, isRepeatable: true) { client, _ in
            var replies: [M.Reply] = []
            for try await reply in client.stream(M.qualifiedName, parameters, of: M.Reply.self) {
                replies.append(reply)
            }
            return replies
        }
    }

    /// Calls a method that streams, and hands on each reply as it comes. A stream that is cut off begins anew.
    public func each<M: ControlMethod>(
        _: M.Type, _ parameters: M.Parameters, receive: (M.Reply) async throws -> Void
    ) async throws {
        try await persevering(at: M.name, isRepeatable: true) { client, _ in
            for try await reply in client.stream(M.qualifiedName, parameters, of: M.Reply.self) {
                try await receive(reply)
            }
        }
    }

    /// Follows a job until it is over or, with `untilParked`, waits for a person. `receive` gets the job first, then
    /// each event once, and the job at the end; after a reconnection the job comes once more in between.
    ///
    /// - Returns: the job as it was last seen.
    @discardableResult
    public func watch(
        _ job: JobID, fromSequence: Int64 = 0, untilParked: Bool = false,
        receive: (WatchJob.Reply) async throws -> Void
    ) async throws -> Job? {
        var last = fromSequence
        var latest: Job?
        try await persevering(at: WatchJob.name, isRepeatable: true) { client, arrived in
            let parameters = WatchJob.Parameters(job: job.description, fromSequence: last, untilParked: untilParked)
            for try await reply in client.stream(WatchJob.qualifiedName, parameters, of: WatchJob.Reply.self) {
                arrived = true
                if let event = reply.event {
                    guard event.sequence > last else { continue }
                    last = event.sequence
                }
                if let job = reply.job { latest = job }
                try await receive(reply)
            }
            // A daemon that stops may end its streams in good order: the job is not over for that.
            guard let latest, latest.state.isOver(untilParked: untilParked) else { throw ClientError.closed }
        }
        return latest
    }

    /// Everything that happens: the last events, then each new one once, until the caller's task is cancelled or the
    /// daemon is gone for good.
    public func follow(
        _ parameters: Subscribe.Parameters, receive: ([JobEvent]) async throws -> Void
    ) async throws {
        var seen: [JobID: Int64] = [:]
        try await persevering(at: Subscribe.name, isRepeatable: true) { client, arrived in
            for try await reply in client.stream(Subscribe.qualifiedName, parameters, of: Subscribe.Reply.self) {
                arrived = true
                let events = reply.events.filter { $0.sequence > seen[$0.job] ?? 0 }
                for event in events { seen[event.job] = event.sequence }
                if !events.isEmpty { try await receive(events) }
            }
            throw ClientError.closed
        }
    }

    /// Closes the connection. A later call opens another.
    public func close() {
        connection.withLock { $0.take() }?.close()
    }

    deinit {
        close()
    }

    /// What settles a doubt by its effect must not be done twice unasked.
    private static func isRepeatable(_ method: any ControlMethod.Type) -> Bool {
        method.name != Resolve.name
    }
}

extension ControlClient {
    /// Runs `body` on a connection, and again on another one where the connection was lost, as long as patience lasts.
    /// The first attempt to connect is the only one: a daemon that is not there is said at once. A reply of a stream
    /// that `body` says has arrived renews the patience.
    private func persevering<R>(
        at name: String, isRepeatable: Bool, _ body: (Client, inout Bool) async throws -> R
    ) async throws -> R {
        var pauses = patience.pauses[...]
        var wasConnected = false
        while true {
            let lost: Failure
            var arrived = false
            do {
                let client = try await connected()
                wasConnected = true
                return try await body(client, &arrived)
            } catch let error as VarlinkError {
                let failure = Failure(error)
                guard failure.code == .daemonUnavailable, isRepeatable else { throw failure }
                lost = failure
            } catch let error as ClientError {
                drop()
                let failure = Failure(error, socketPath: socketPath)
                guard wasConnected, error.isLoss else { throw failure }
                guard isRepeatable else { throw Self.outcomeUnknown(of: name) }
                lost = failure
            } catch {
                drop()
                throw error
            }
            if arrived { pauses = patience.pauses[...] }
            guard let pause = pauses.popFirst() else { throw lost }
            drop()
            try await patience.sleep(pause)
        }
    }

    private func connected() async throws -> Client {
        if let client = connection.withLock({ $0 }) { return client }
        let fresh = try await Client.connect(toPath: socketPath, timeout: patience.connecting)
        let winner = connection.withLock { client in
            if client == nil { client = fresh }
            return client
        }
        guard let winner, winner !== fresh else { return fresh }
        fresh.close()
        return winner
    }

    private func drop() {
        close()
    }

    private static func outcomeUnknown(of name: String) -> Failure {
        Failure(
            .daemonUnavailable, "cannot tell whether \"\(name)\" took effect: the connection was lost before the reply",
            hint: "look before you call again: migratectl status")
    }
}

extension ClientError {
    /// Whether the connection was there and is gone, or cannot be made anew just now: what a restart looks like.
    fileprivate var isLoss: Bool {
        switch self {
        case .closed, .noSuchSocket, .refused, .cannotConnect, .timedOut: true
        case .permissionDenied, .protocolViolation, .messageTooLong, .unexpectedReply: false
        }
    }
}

extension JobState {
    /// Whether a watch ends in this state.
    fileprivate func isOver(untilParked: Bool) -> Bool {
        isFinal || untilParked && (self == .awaitingApproval || self == .needsDecision)
    }
}

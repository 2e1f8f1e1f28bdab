import NIOCore

// The connections of one server, counted. Used on the event loop only.
final class SessionRegistry {
    private let limits: Limits
    private var sessions: [ObjectIdentifier: ServerSession] = [:]
    private var perUser: [UInt32: Int] = [:]
    private var allGone: EventLoopPromise<Void>?

    init(limits: Limits) { self.limits = limits }

    // Whether one more connection of this user may be had.
    func admits(_ peer: PeerCredentials) -> Bool {
        allGone == nil && sessions.count < limits.connections
            && perUser[peer.uid, default: 0] < limits.connectionsPerUser
    }

    func add(_ session: ServerSession) {
        sessions[ObjectIdentifier(session)] = session
        perUser[session.peer.uid, default: 0] += 1
    }

    func remove(_ session: ServerSession) {
        guard sessions.removeValue(forKey: ObjectIdentifier(session)) != nil else { return }
        let left = perUser[session.peer.uid, default: 1] - 1
        perUser[session.peer.uid] = left > 0 ? left : nil
        if sessions.isEmpty { allGone?.succeed() }
    }

    // Stops all of them: first kindly, then by cancelling their calls, at last by closing their connections.
    func stop(on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        allGone = promise
        for session in Array(sessions.values) { session.stop() }
        if sessions.isEmpty {
            promise.succeed()
            return promise.futureResult
        }
        let isolated = loop.assumeIsolated()
        let cancelling = isolated.scheduleTask(in: limits.shutdownTime.timeAmount) {
            for session in Array(self.sessions.values) { session.cancelCall() }
        }
        let abandoning = isolated.scheduleTask(in: (limits.shutdownTime + limits.lingerTime).timeAmount) {
            for session in Array(self.sessions.values) { session.abandon() }
        }
        promise.futureResult.assumeIsolated().whenComplete { _ in
            cancelling.cancel()
            abandoning.cancel()
        }
        return promise.futureResult
    }
}

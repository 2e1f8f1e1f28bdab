import NIOCore
import NIOPosix

/// What a service says of itself in `org.varlink.service.GetInfo`.
public struct ServiceInformation: Sendable, Equatable {
    /// Who makes the service.
    public var vendor: String
    /// What it is called.
    public var product: String
    /// Its version.
    public var version: String
    /// Where to read about it.
    public var url: String

    /// Information of these values.
    public init(vendor: String, product: String, version: String, url: String) {
        self.vendor = vendor
        self.product = product
        self.version = version
        self.url = url
    }
}

/// A Varlink service on a Unix socket.
public struct Server: Sendable {
    let service: Service
    let limits: Limits

    /// A service of these interfaces. A method that an interface declares and no handler implements is answered
    /// with `MethodNotImplemented`. Each handler's method must be declared, and have one handler only.
    /// `org.varlink.service` is added by itself.
    /// - Parameter translateError: what the client is told when a handler throws anything but a `VarlinkError`.
    public init(
        information: ServiceInformation, interfaces: [Interface], handlers: [MethodHandler], limits: Limits = .init(),
        translateError: @escaping @Sendable (any Error) -> VarlinkError
    ) {
        service = Service(
            information: information, interfaces: interfaces, handlers: handlers, translateError: translateError)
        self.limits = limits
    }

    /// Listens and answers until the task is cancelled; then stops accepting, ends the streams, lets calls under way
    /// finish within `limits.shutdownTime`, and returns. Throws if it cannot listen.
    /// - Parameter whenListening: called once clients can connect.
    public func run(on socket: ListeningSocket, whenListening: @Sendable () async -> Void = {}) async throws {
        let bound = try BoundSocket(socket)
        defer { bound.unlink() }
        let loop = EventThread.loop
        let registry = try await loop.submit { [limits] in
            NIOLoopBound(SessionRegistry(limits: limits), eventLoop: loop)
        }.get()
        let listener = try await ServerBootstrap(group: loop)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in accept(channel, registry) }
            .withBoundSocket(bound.descriptor).get()
        await whenListening()
        await withTaskCancellationHandler {
            try? await listener.closeFuture.get()
        } onCancel: {
            // While it listens nobody takes it for dead, so the file is its own until it is gone.
            bound.unlink()
            listener.close(promise: nil)
        }
        try await loop.flatSubmit { registry.value.stop(on: loop) }.get()
        guard Task.isCancelled else { throw ListenError.lost }
    }

    /// Takes one turn on the thread that all connections are served on: returns only if that one goes round.
    public func turn(_ body: @escaping @Sendable () -> Void = {}) async {
        try? await EventThread.loop.submit(body).get()
    }

    private func accept(_ channel: any Channel, _ registry: NIOLoopBound<SessionRegistry>) -> EventLoopFuture<Void> {
        PeerCredentials.of(channel).flatMapThrowing { peer in
            guard registry.value.admits(peer) else { throw ChannelError.inappropriateOperationForState }
            let session = ServerSession(peer: peer, service: service, limits: limits, registry: registry.value)
            try channel.pipeline.syncOperations.addHandler(session)
        }
    }
}

import CLibPQ
import Dispatch
import Glibc

/// Tells when a socket can be read or written. Costs nothing while nothing happens.
///
/// The event source watches an epoll descriptor, and that one the socket. Given the socket itself, Dispatch drops the
/// source when the other side hangs up, at times without having told of it; an epoll descriptor never hangs up. It also
/// does not mind when libpq closes the socket.
final class SocketWatch {
    private let source: any DispatchSourceRead
    private let poller: Int32
    private let socket: Int32
    private var interests: UInt32
    private var isCancelled = false

    private static let reading = UInt32(EPOLLIN.rawValue)
    private static let writing = UInt32(EPOLLOUT.rawValue)

    /// Begins to watch. `onEvent` comes as long as the socket is ready for what is awaited, one call at a time.
    init?(
        socket: Int32, queue: DispatchQueue, awaitsReading: Bool = true, awaitsWriting: Bool = false,
        onEvent: @escaping @Sendable () -> Void
    ) {
        let poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0 else { return nil }
        interests = (awaitsReading ? Self.reading : 0) | (awaitsWriting ? Self.writing : 0)
        var event = epoll_event(events: interests, data: epoll_data_t())
        guard epoll_ctl(poller, EPOLL_CTL_ADD, socket, &event) == 0 else {
            close(poller)
            return nil
        }
        self.poller = poller
        self.socket = socket
        source = DispatchSource.makeReadSource(fileDescriptor: poller, queue: queue)
        source.setEventHandler(handler: onEvent)
        source.setCancelHandler { @Sendable in close(poller) }
        source.activate()
    }

    /// Whether the socket's being writable is of interest.
    func awaitWriting(_ wanted: Bool) {
        let new = wanted ? interests | Self.writing : interests & ~Self.writing
        guard !isCancelled, new != interests else { return }
        interests = new
        var event = epoll_event(events: new, data: epoll_data_t())
        epoll_ctl(poller, EPOLL_CTL_MOD, socket, &event)
    }

    /// No event comes after this, but for one that is under way.
    func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        source.cancel()
    }

    deinit {
        cancel()
    }
}

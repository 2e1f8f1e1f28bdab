import Dispatch
import Glibc

/// Tells when a socket can be read or written. Costs nothing while nothing happens.
///
/// It watches a duplicate of libpq's descriptor: libpq closes its own at end of file, and the number could belong to
/// somebody else before the event source is gone.
final class SocketWatch {
    private let readSource: any DispatchSourceRead
    private let writeSource: any DispatchSourceWrite
    private var awaitsWriting = false
    private var isCancelled = false

    /// Begins to watch for reading. `owner` lives until the last event is over.
    init?(
        descriptor: Int32, queue: DispatchQueue, owner: ConnectionHandle,
        onReadable: @escaping @Sendable () -> Void, onWritable: @escaping @Sendable () -> Void
    ) {
        let reading = duplicate(descriptor)
        let writing = duplicate(descriptor)
        guard reading >= 0, writing >= 0 else {
            if reading >= 0 { close(reading) }
            if writing >= 0 { close(writing) }
            return nil
        }
        readSource = DispatchSource.makeReadSource(fileDescriptor: reading, queue: queue)
        writeSource = DispatchSource.makeWriteSource(fileDescriptor: writing, queue: queue)
        readSource.setEventHandler(handler: onReadable)
        writeSource.setEventHandler(handler: onWritable)
        readSource.setCancelHandler { @Sendable in
            close(reading)
            withExtendedLifetime(owner) {}
        }
        writeSource.setCancelHandler { @Sendable in
            close(writing)
            withExtendedLifetime(owner) {}
        }
        readSource.activate()
    }

    /// Whether the socket's being writable is of interest.
    func awaitWriting(_ wanted: Bool) {
        guard !isCancelled, wanted != awaitsWriting else { return }
        awaitsWriting = wanted
        if wanted { writeSource.resume() } else { writeSource.suspend() }
    }

    /// No event comes after this.
    func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        readSource.cancel()
        writeSource.cancel()
        // A suspended source never runs its cancel handler, and releasing it crashes.
        if !awaitsWriting { writeSource.resume() }
    }

    deinit {
        cancel()
    }
}

/// A second descriptor of the same socket that child programs do not inherit.
func duplicate(_ descriptor: Int32) -> Int32 {
    fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
}

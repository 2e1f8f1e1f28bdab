import Dispatch
import Glibc

/// An inotify queue that gives its events to a handler on a queue of its own.
final class Inotify: Sendable {
    /// One thing that happened.
    struct Event: Sendable {
        var watch: Int32
        var mask: UInt32
        var name: String

        func has(_ flag: Int32) -> Bool { mask & UInt32(bitPattern: flag) != 0 }
    }

    /// Where the handler runs, and where all other methods must be called.
    let queue: DispatchQueue
    private let descriptor: Int32
    // Set once, and thread-safe as all of Dispatch's objects are.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// Opens a queue, or says why the kernel gives none (users have a bound of them).
    init(handler: @escaping @Sendable ([Event]) -> Void) throws(FileError) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw FileError("watch", "inotify") }
        self.descriptor = descriptor
        queue = DispatchQueue(label: "migrated.inotify")
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { @Sendable in handler(Inotify.read(descriptor)) }
        source.setCancelHandler { @Sendable in close(descriptor) }
        source.activate()
    }

    deinit { source.cancel() }

    /// Watches the directory at `path`; what its watch is called, or nil and the system's error number in `errno`.
    func watch(_ path: String, for mask: Int32) -> Int32? {
        let watch = inotify_add_watch(descriptor, path, UInt32(bitPattern: mask))
        return watch < 0 ? nil : watch
    }

    /// Ends a watch; one that ended by itself does no harm.
    func end(_ watch: Int32) { inotify_rm_watch(descriptor, watch) }

    /// One bufferful of events: when there is more, the source calls again; what waits, waits in the kernel's bounds.
    private static func read(_ descriptor: Int32) -> [Event] {
        var events: [Event] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)
        defer { buffer.deallocate() }
        let count = Descriptor.retrying { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
        var offset = 0
        while offset + 16 <= count {
            // struct inotify_event: wd, mask, cookie, len, each of four bytes; then the name, padded with zeroes.
            let length = Int(buffer.load(fromByteOffset: offset + 12, as: UInt32.self))
            let name = buffer[(offset + 16)..<min(offset + 16 + length, count)].prefix { $0 != 0 }
            events.append(
                Event(
                    watch: buffer.load(fromByteOffset: offset, as: Int32.self),
                    mask: buffer.load(fromByteOffset: offset + 4, as: UInt32.self),
                    name: String(decoding: name, as: UTF8.self)))
            offset += 16 + length
        }
        return events
    }
}

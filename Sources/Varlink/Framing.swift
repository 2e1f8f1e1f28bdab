import Glibc
import NIOCore
import NIOPosix

// Cuts a byte stream into messages: each ends with a NUL. Bytes are looked at once only, however they arrive.
struct MessageSplitter {
    private var buffer = ByteBuffer()
    private var scanned = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    // Whether there are bytes that no message has been made of.
    var isEmpty: Bool { buffer.readableBytes == 0 }

    mutating func append(_ bytes: ByteBuffer) {
        if isEmpty {
            buffer = bytes
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    // The next whole message, without its NUL. Throws as soon as it is clear that it would be too long.
    mutating func next() throws(ProtocolViolation) -> [UInt8]? {
        let from = scanned
        let length = buffer.withUnsafeReadableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, from < bytes.count,
                let end = memchr(base + from, 0, bytes.count - from)
            else { return nil }
            return UnsafeRawPointer(end) - base
        }
        guard length ?? buffer.readableBytes <= limit else {
            throw ProtocolViolation(reason: "message longer than \(limit) bytes")
        }
        guard let length, let message = buffer.readBytes(length: length) else {
            scanned = buffer.readableBytes
            return nil
        }
        buffer.moveReaderIndex(forwardBy: 1)
        scanned = 0
        if isEmpty { buffer = ByteBuffer() }
        return message
    }
}

extension ByteBuffer {
    // A message as it goes over the wire.
    init(message: [UInt8]) {
        self.init()
        reserveCapacity(message.count + 1)
        writeBytes(message)
        writeInteger(UInt8(0))
    }
}

// The one thread on which all connections of a process are served. It lives as long as the process.
enum EventThread {
    static let loop: any EventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).any()
}

extension Duration {
    // The same length for the event loop.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        return .nanoseconds(
            seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue
                + attoseconds / 1_000_000_000)
    }
}

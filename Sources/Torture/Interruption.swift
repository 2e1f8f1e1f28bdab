import Glibc

/// Somebody who does not want to wait for the end, and is told the figures so far. What was begun goes away with this
/// process.
public enum Interruption {
    private static let ends: [Int32] = {
        var ends: [Int32] = [-1, -1]
        _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
        return ends
    }()

    /// Has this done at SIGINT and SIGTERM, instead of ending at once.
    public static func act(_ body: @escaping @Sendable () -> Never) {
        let end = ends[0]
        BlockingThread.start {
            var byte: UInt8 = 0
            while read(end, &byte, 1) < 0, errno == EINTR {}
            body()
        }
        // A handler, and not the signals' being ignored, since children would inherit that.
        for number in [SIGINT, SIGTERM] { signal(number) { _ in _ = write(Interruption.ends[1], "!", 1) } }
    }
}

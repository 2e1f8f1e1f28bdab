@preconcurrency import Dispatch
import Glibc
import Host
public import Planning

/// What a verb has around it: where it writes, what it may ask, the time. A test gives its own.
public struct CommandContext: Sendable {
    public var output: any TextSink
    public var errors: any TextSink
    public var environment: [String: String]
    /// Where relative paths begin, and where `.env` and `migrations` are looked for.
    public var workingDirectory: String
    /// Whether a person is there to be asked.
    public var inputIsTerminal: Bool
    /// Reads a line that a person types; nil at the end of input.
    public var readLine: @Sendable () -> String?
    public var now: @Sendable () -> Timestamp
    /// Ctrl-C, each time. While somebody iterates over it the process is not ended by it.
    public var interrupts: @Sendable () -> AsyncStream<Void>
    /// Whatever asks this program to end, Ctrl-C among it. While somebody iterates over it the process is not ended by it.
    public var endings: @Sendable () -> AsyncStream<Void>
    /// How often a live display is drawn anew though nothing happened.
    public var redrawInterval: Duration

    public init(
        output: any TextSink, errors: any TextSink, environment: [String: String],
        workingDirectory: String? = nil, inputIsTerminal: Bool,
        readLine: @escaping @Sendable () -> String?, now: @escaping @Sendable () -> Timestamp,
        interrupts: @escaping @Sendable () -> AsyncStream<Void>,
        endings: @escaping @Sendable () -> AsyncStream<Void> = { AsyncStream { _ in } },
        redrawInterval: Duration = .milliseconds(250)
    ) {
        self.output = output
        self.errors = errors
        self.environment = environment
        self.workingDirectory = workingDirectory ?? FilePaths.workingDirectory()
        self.inputIsTerminal = inputIsTerminal
        self.readLine = readLine
        self.now = now
        self.interrupts = interrupts
        self.endings = endings
        self.redrawInterval = redrawInterval
    }

    /// The context of the command that runs in this task.
    @TaskLocal static var current = CommandContext.process

    /// The process's own streams, environment, clock and signals.
    public static let process = CommandContext(
        output: DescriptorSink(descriptor: STDOUT_FILENO), errors: DescriptorSink(descriptor: STDERR_FILENO),
        environment: processEnvironment(), inputIsTerminal: isatty(STDIN_FILENO) == 1,
        readLine: typedLine, now: wallClock, interrupts: { signals([SIGINT]) },
        endings: { signals([SIGINT, SIGTERM, SIGHUP]) })

    private static func processEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            if let sign = strchr(text, Int32(UInt8(ascii: "="))) {
                let name = UnsafeRawBufferPointer(start: text, count: sign - text)
                variables[String(decoding: name, as: UTF8.self)] = String(cString: sign + 1)
            }
            entry += 1
        }
        return variables
    }

    /// A line from the terminal; nil as well once the task is cancelled: who presses Ctrl-C at a question wants no other one.
    @Sendable private static func typedLine() -> String? {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        while poll(&input, 1, 100) == 0 {
            if Task.isCancelled { return nil }
        }
        return Swift.readLine()
    }

    @Sendable private static func wallClock() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    private static func signals(_ numbers: [Int32]) -> AsyncStream<Void> {
        AsyncStream { continuation in
            let sources = numbers.map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { @Sendable in continuation.yield() }
                return source
            }
            continuation.onTermination = { @Sendable _ in
                for (number, source) in zip(numbers, sources) {
                    source.cancel()
                    signal(number, SIG_DFL)
                }
            }
            for source in sources { source.activate() }
        }
    }
}

/// A file descriptor as a place for text.
struct DescriptorSink: TextSink {
    let descriptor: Int32

    var isTerminal: Bool { isatty(descriptor) == 1 }

    var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}

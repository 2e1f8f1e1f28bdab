import CLibPQ
import Dispatch
import Glibc

/// Makes a connection without blocking a thread of Swift's pool, within a time limit.
///
/// All of its state is used on `queue` only.
final class Connector: @unchecked Sendable {
    private let parameters: ConnectionParameters
    private let applicationName: String
    private let notices: NoticeSink
    private let queue: DispatchQueue
    private let timeout: Duration
    private var handle: ConnectionHandle?
    private var watch: SocketWatch?
    private var timer: (any DispatchSourceTimer)?
    private var caller: CheckedContinuation<Result<ConnectionHandle, any Error>, Never>?
    private var isOver = false

    init(
        parameters: ConnectionParameters, applicationName: String, notices: NoticeSink, queue: DispatchQueue,
        timeout: Duration
    ) {
        self.parameters = parameters
        self.applicationName = applicationName
        self.notices = notices
        self.queue = queue
        self.timeout = timeout
    }

    /// Connects. Cancelling the task gives up.
    func connect() async throws -> ConnectionHandle {
        try Task.checkCancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                queue.async { self.begin(caller) }
            }
        } onCancel: {
            queue.async { self.finish(.failure(CancellationError())) }
        }
        return try result.get()
    }

    private func begin(_ caller: CheckedContinuation<Result<ConnectionHandle, any Error>, Never>) {
        guard !isOver else { return caller.resume(returning: .failure(CancellationError())) }
        self.caller = caller
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { @Sendable [weak self] in self?.timedOut() }
        timer.schedule(deadline: .now() + timeout.dispatchInterval)
        timer.activate()
        self.timer = timer
        // Looking up a host's name blocks, and the threads of the global queues are few.
        DispatchQueue(label: "PostgresClient.lookup").async { @Sendable [self] in
            let outcome = Result { () throws(ConnectionError) in
                try loadLibrary()
                return start()
            }
            queue.async { @Sendable [self] in started(outcome) }
        }
    }

    /// The first connection needs the library.
    private func loadLibrary() throws(ConnectionError) {
        guard let reason = clibpq_load().map({ String(cString: $0) }) else { return }
        throw ConnectionError(
            kind: .noLibrary,
            message: "cannot connect to \(parameters.place): PostgreSQL's client library does not load: "
                + reason,
            hint: reason.contains("undefined symbol")
                ? "install one of PostgreSQL 14 or newer" : "install it: apt install libpq5")
    }

    private func start() -> ConnectionHandle? {
        var keywords: [String: String] = [
            "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "30000",
        ]
        for keyword in parameters.keywords { keywords[keyword] = parameters[keyword] }
        keywords["application_name"] = applicationName
        keywords["client_encoding"] = "UTF8"
        // libpq heeds it in its blocking functions only.
        keywords["connect_timeout"] = nil
        let pairs = Array(keywords)
        let pointer = withCStrings(pairs.map(\.key)) { names in
            withCStrings(pairs.map(\.value)) { values in
                PQconnectStartParams(names, values, 0)
            }
        }
        guard let pointer else { return nil }
        // The server's SQLSTATE is otherwise not to be had while connecting.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        return ConnectionHandle(pointer, notices: notices)
    }

    private func started(_ outcome: Result<ConnectionHandle?, ConnectionError>) {
        guard !isOver else { return }
        let handle: ConnectionHandle
        switch outcome {
        case .success(let started?): handle = started
        case .success(nil):
            let message = "cannot connect to \(parameters.place): out of memory"
            return finish(.failure(ConnectionError(kind: .cannotConnect, message: message)))
        case .failure(let error): return finish(.failure(error))
        }
        self.handle = handle
        guard !handle.isBroken else { return failed() }
        wait(for: .writing)
    }

    private enum Direction {
        case reading, writing
    }

    /// The descriptor may be another one after each poll, so each has its own watch.
    private func wait(for direction: Direction) {
        guard let handle else { return }
        watch = SocketWatch(
            socket: PQsocket(handle.pointer), queue: queue, awaitsReading: direction == .reading,
            awaitsWriting: direction == .writing
        ) { @Sendable [weak self] in self?.poll() }
        if watch == nil { failed() }
    }

    private func poll() {
        // An event of a watch that is over finds none.
        guard !isOver, let handle, watch != nil else { return }
        watch = nil
        switch PQconnectPoll(handle.pointer) {
        case PGRES_POLLING_READING: wait(for: .reading)
        case PGRES_POLLING_WRITING: wait(for: .writing)
        case PGRES_POLLING_OK:
            PQsetErrorVerbosity(handle.pointer, PQERRORS_DEFAULT)
            PQsetnonblocking(handle.pointer, 1)
            finish(.success(handle))
        default: failed()
        }
    }

    private func failed() {
        guard let handle else { return }
        finish(.failure(ConnectFailure(handle).error(for: parameters)))
    }

    private func timedOut() {
        let message = "cannot connect to \(parameters.place): no answer within \(timeout)"
        finish(.failure(ConnectionError(kind: .timedOut, message: message)))
    }

    private func finish(_ result: Result<ConnectionHandle, any Error>) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        timer = nil
        watch = nil
        handle = nil
        caller?.resume(returning: result)
        caller = nil
    }
}

/// What went wrong while connecting, read from libpq's verbose message.
struct ConnectFailure {
    let message: String
    let sqlState: String?
    let hint: String?
    let needsPassword: Bool

    init(_ handle: ConnectionHandle) {
        let text = String(cString: PQerrorMessage(handle.pointer))
        self.init(text: text, needsPassword: PQconnectionNeedsPassword(handle.pointer) != 0)
    }

    init(text: String, needsPassword: Bool) {
        var lines: [String] = []
        var hint: String?
        for line in text.split(whereSeparator: \.isNewline) {
            // libpq's own advice is indented; the server's location in its sources helps nobody here.
            if line.first == "\t" {
                hint = line.trimmingSpaces()
            } else if !line.hasPrefix("LOCATION:") {
                lines.append(line.trimmingSpaces())
            }
        }
        var message = lines.joined(separator: "; ")
        var sqlState: String?
        // "… FATAL:  28P01: password authentication failed …"
        if let match = message.firstMatch(of: #/\S+: {2}([0-9A-Z]{5}): /#) {
            sqlState = String(match.1)
            message.replaceSubrange(match.range, with: "")
        }
        self.message = message
        self.sqlState = sqlState
        self.hint = hint
        self.needsPassword = needsPassword
    }

    var kind: ConnectionError.Kind {
        guard let sqlState else { return needsPassword ? .authentication : .cannotConnect }
        switch sqlState {
        case _ where sqlState.hasPrefix("28"): return .authentication
        case "3D000": return .unknownDatabase
        case "53300": return .tooManyConnections
        case "57P01", "57P02", "57P03": return .notReady
        default: return .cannotConnect
        }
    }

    func error(for parameters: ConnectionParameters) -> ConnectionError {
        ConnectionError(
            kind: kind,
            message: "cannot connect to \(parameters.place): \(parameters.withoutSecrets(message))",
            sqlState: sqlState, hint: hint)
    }
}

extension Duration {
    var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        let nanoseconds = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !nanoseconds.overflow else { return .never }
        return .nanoseconds(Int(nanoseconds.partialValue) + Int(attoseconds / 1_000_000_000))
    }
}

/// Gives C strings with a final nil.
private func withCStrings<R>(_ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> R) -> R {
    let copies = strings.map { strdup($0) }
    defer {
        for copy in copies { free(copy) }
    }
    return body(copies.map { UnsafePointer($0) } + [nil])
}

import Synchronization
import Testing
import Varlink

/// A signal that a test gives or waits for, once.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func give() { continuation.finish() }

    /// Returns when the signal is given; throws when the task is cancelled before.
    func wait() async throws {
        for await _ in stream {}
        try Task.checkCancellation()
    }
}

/// What happened, in order, each waited for.
final class Diary: Sendable {
    private let entries = Mutex<[String]>([])
    private let changes: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (changes, continuation) = AsyncStream.makeStream() }

    var all: [String] { entries.withLock { $0 } }

    func note(_ entry: String) {
        entries.withLock { $0.append(entry) }
        continuation.yield(entry)
    }

    /// Returns when this has been noted. For one task at a time.
    func wait(for entry: String) async {
        for await change in changes where change == entry { return }
    }
}

struct Text: Codable, Sendable, Equatable { var text: String }
struct Number: Codable, Sendable, Equatable { var number: Int? }
struct Limit: Codable, Sendable { var to: Int }

struct BrokenHandler: Error {}

let testInterface = """
    # For tests.
    interface org.example.test

    type Inner (name: string, kind: ?(one, two))

    method Echo(text: string) -> (text: string)
    method Check(number: int, fraction: ?float, inner: ?Inner, list: ?[]int, map: ?[string]bool) -> ()
    method Count(to: int) -> (number: ?int)
    method Many() -> (number: int)
    method Break() -> ()
    method Deny() -> ()
    method Hold() -> ()
    method Watch() -> (number: ?int)
    method Missing() -> ()

    error Denied (reason: string)
    """

/// What a test can do to its service.
struct TestService: Sendable {
    let diary = Diary()
    let release = Signal()

    struct Checked: Codable, Sendable {
        struct Inner: Codable, Sendable {
            var name: String
            var kind: String?
        }
        var number: Int64
        var fraction: Double?
        var inner: Inner?
        var list: [Int]?
        var map: [String: Bool]?
    }

    var handlers: [MethodHandler] {
        [
            MethodHandler("org.example.test.Echo") { [diary] (text: Text, call) in
                diary.note(text.text)
                return text
            },
            MethodHandler("org.example.test.Check") { (_: Checked, _) in NoParameters() },
            MethodHandler(streaming: "org.example.test.Count") { (limit: Limit, call: StreamingCall<Number>) in
                guard call.more else { return try await call.finish(Number(number: limit.to)) }
                for number in 0..<limit.to { try await call.send(Number(number: number)) }
            },
            MethodHandler(streaming: "org.example.test.Many") { (_: NoParameters, call: StreamingCall<Number>) in
                try call.call.requireMore()
                try await call.send(Number(number: 1))
                try await call.finish(Number(number: 2))
            },
            MethodHandler("org.example.test.Break") { (_: NoParameters, _) -> NoParameters in throw BrokenHandler() },
            MethodHandler("org.example.test.Deny") { (_: NoParameters, _) -> NoParameters in
                throw VarlinkError(name: "org.example.test.Denied", parameters: ["reason": "so"])
            },
            MethodHandler("org.example.test.Hold") { [diary, release] (_: NoParameters, _) in
                diary.note("hold begins")
                do {
                    try await release.wait()
                } catch {
                    diary.note("hold cancelled")
                    throw error
                }
                diary.note("hold ends")
                return NoParameters()
            },
            MethodHandler(streaming: "org.example.test.Watch") {
                [diary, release] (_: NoParameters, call: StreamingCall<Number>) in
                diary.note("watch begins")
                defer { diary.note(Task.isCancelled ? "watch cancelled" : "watch ends") }
                try await call.send(Number(number: 0))
                try await release.wait()
            },
        ]
    }

    func server(_ limits: Limits = .init(), extra: [MethodHandler] = []) throws -> Server {
        Server(
            information: .init(vendor: "Example", product: "Test", version: "1", url: "https://example.org"),
            interfaces: [try Interface(parsing: testInterface)], handlers: handlers + extra, limits: limits
        ) { VarlinkError(name: "org.example.test.Denied", parameters: ["reason": .string("\($0)")]) }
    }

    /// Runs the body while the service listens, then stops it. `stop` in the body stops it early.
    func run(
        _ limits: Limits = .init(), socket: ListeningSocket? = nil,
        _ body: (_ path: String, _ stop: @Sendable () -> Void) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/s"
            let server = try server(limits)
            let listening = Signal()
            let running = Task {
                defer { listening.give() }
                try await server.run(on: socket ?? .path(path, mode: 0o600, group: nil)) { listening.give() }
            }
            try await listening.wait()
            do {
                try await body(path) { running.cancel() }
            } catch {
                running.cancel()
                _ = await running.result
                throw error
            }
            running.cancel()
            try await running.value
        }
    }
}

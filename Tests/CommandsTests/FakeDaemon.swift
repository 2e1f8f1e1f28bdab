import Commands
import Control
import Glibc
import Planning
import Synchronization
import Varlink

/// A daemon with canned answers on a socket of its own.
struct FakeDaemon: Sendable {
    let socketPath: String

    /// Serves `handlers` while `body` runs.
    static func serving<R: Sendable>(
        _ handlers: [MethodHandler], _ body: @Sendable @escaping (FakeDaemon) async throws -> R
    ) async throws -> R {
        let directory = try temporaryDirectory()
        let path = "\(directory)/socket"
        defer {
            unlink(path)
            rmdir(directory)
        }
        let server = Server(
            information: ServiceInformation(vendor: "test", product: "fake", version: "1", url: ""),
            interfaces: [try ControlInterface.interface()], handlers: handlers,
            translateError: { VarlinkError(translating: $0) })
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run(on: .path(path, mode: 0o600, group: nil)) { continuation.finish() }
            }
            for await _ in listening {}
            let result = try await body(FakeDaemon(socketPath: path))
            group.cancelAll()
            return result
        }
    }

    static func temporaryDirectory() throws -> String {
        var template = Array("/tmp/migratectl-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(.internalError, "cannot make a temporary directory")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Runs a command line against it.
    func run(_ arguments: String..., at place: Place = Place()) async -> Outcome {
        await place.run(["--socket", socketPath] + arguments)
    }
}

/// What a command wrote and how it ended.
struct Outcome: Sendable {
    var status: Int32
    var output: String
    var errors: String
}

/// Where a command runs: what kind of output it has, who answers its questions, when Ctrl-C comes.
struct Place: Sendable {
    var isTerminal = false
    var width = 80
    var environment: [String: String] = ["LANG": "C.UTF-8", "NO_COLOR": "1"]
    var workingDirectory: String?
    var inputIsTerminal = false
    var answer: String?
    /// Ctrl-C comes with each of its elements.
    var interrupts: AsyncStream<Void>?
    /// After so many bytes nobody reads any more.
    var outputLimit = Int.max

    func run(_ arguments: [String]) async -> Outcome {
        let output = TextCapture(isTerminal: isTerminal, width: width, limit: outputLimit)
        let errors = TextCapture(isTerminal: isTerminal, width: width)
        let answer = answer
        let interrupts = interrupts
        let context = CommandContext(
            output: output, errors: errors, environment: environment, workingDirectory: workingDirectory,
            inputIsTerminal: inputIsTerminal,
            readLine: { answer }, now: { Samples.moment },
            interrupts: { interrupts ?? AsyncStream { _ in } })
        let status = await CommandLineProgram.run(arguments, in: context)
        return Outcome(status: status, output: output.text, errors: errors.text)
    }
}

/// Keeps what is written.
final class TextCapture: TextSink {
    let isTerminal: Bool
    let width: Int
    private let limit: Int
    private let written = Mutex("")

    var text: String { written.withLock { $0 } }

    init(isTerminal: Bool = false, width: Int = 80, limit: Int = .max) {
        self.isTerminal = isTerminal
        self.width = width
        self.limit = limit
    }

    func write(_ text: String) -> Bool {
        written.withLock { written in
            guard written.utf8.count < limit else { return false }
            written += text
            return true
        }
    }
}

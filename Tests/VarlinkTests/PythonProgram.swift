import Dispatch
import Glibc
import Testing

/// A run of Python's `varlink` package, whose certification program is both a client and a server.
/// `VARLINK_PYTHON` names the interpreter if it is not `python3`.
final class PythonProgram: Sendable {
    struct CannotStart: Error { let number: Int32 }

    private let pid: pid_t
    private let output: Int32
    private let queue = DispatchQueue(label: "PythonProgram")

    private static let interpreter = getenv("VARLINK_PYTHON").map { String(cString: $0) } ?? "python3"

    /// Whether the interpreter has the package.
    static let isAvailable: Bool = {
        guard let check = try? PythonProgram(["-c", "import varlink.tests.test_certification"]) else { return false }
        var status: Int32 = 0
        waitpid(check.pid, &status, 0)
        return status == 0
    }()

    convenience init(certification arguments: String...) throws {
        try self.init(["-u", "-m", "varlink.tests.test_certification"] + arguments)
    }

    private init(_ arguments: [String]) throws {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw CannotStart(number: errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        // The threads of Swift's tasks block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([Self.interpreter] + arguments).map { strdup($0) } + [nil]
        var child: pid_t = 0
        let result = posix_spawnp(&child, Self.interpreter, &actions, &attributes, &words, environ)
        for word in words { free(word) }
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
        close(ends[1])
        guard result == 0 else {
            close(ends[0])
            throw CannotStart(number: result)
        }
        pid = child
        output = ends[0]
    }

    deinit { close(output) }

    /// The next line that it prints, or nil at the end.
    func line() async -> String? {
        await withCheckedContinuation { continuation in
            queue.async { [output] in
                var line: [UInt8] = []
                var byte: UInt8 = 0
                while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
                let isEnd = line.isEmpty && byte != UInt8(ascii: "\n")
                continuation.resume(returning: isEnd ? nil : String(decoding: line, as: UTF8.self))
            }
        }
    }

    /// Waits for its end; gives back its exit status and what it printed.
    func finish() async -> (status: Int32, output: String) {
        var lines: [String] = []
        while let line = await line() { lines.append(line) }
        let status = await withCheckedContinuation { continuation in
            queue.async { [pid] in
                var status: Int32 = 0
                waitpid(pid, &status, 0)
                continuation.resume(returning: status)
            }
        }
        return (status, lines.joined(separator: "\n"))
    }

    func terminate() { kill(pid, SIGTERM) }
}

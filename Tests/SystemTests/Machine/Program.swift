import Glibc
import Subprocess
import TestSupport

/// How a program ended, and what it wrote.
struct Outcome: Sendable, CustomStringConvertible {
    var command: String
    /// The exit status; 128 and the signal's number where one ended it.
    var status: Int32
    var output: String
    var errors: String

    var description: String { "\(command): status \(status)\n\(output)\(errors)" }

    /// The output without white space at its ends.
    var text: String { String(output.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
    /// - Throws: where it has failed.
    func expectSuccess() throws {
        guard status == 0 else { throw UnexpectedStatus(description: description) }
    }

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A program ended with another status than it should have.
struct UnexpectedStatus: Error, CustomStringConvertible {
    var description: String
}

enum Program {
    static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// What instrumented programs within a machine are told, as its units are.
    static let options =
        Instrumentation.isOn
        ? ["ASAN_OPTIONS=detect_leaks=0", "TSAN_OPTIONS=suppressions=/etc/thread-sanitizer.supp halt_on_error=1"] : []

    /// Runs a program of the host to its end. It is ended with the task.
    static func run(_ command: [String], patience: Duration = .seconds(100)) async throws -> Outcome {
        // `timeout` is a net under the net: nothing hangs for ever, not even what ignores a signal.
        let result = try await Subprocess.run(
            .name("timeout"),
            arguments: Arguments(["--foreground", "--kill-after=5", "\(patience.components.seconds)"] + command),
            environment: .custom(["PATH": searchPath, "LANG": "C.UTF-8"]), output: .string(limit: 32 << 20),
            error: .string(limit: 4 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let status): status
            case .signaled(let signal): 128 + signal
            }
        return Outcome(
            command: command.joined(separator: " "), status: status, output: result.standardOutput,
            errors: result.standardError)
    }
}

import Glibc

/// Programs that have the terminal to themselves, such as editors.
public enum TerminalProgram {
    /// Runs a program with our own input, output and environment until it ends; returns its exit status, as shells do:
    /// 127 where it cannot be started, 128 and the signal's number where one ended it.
    public static func run(_ path: String, _ arguments: [String]) -> Int32 {
        var words = ([path] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var process = pid_t()
        guard posix_spawn(&process, path, nil, nil, words, environ) == 0 else { return 127 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}

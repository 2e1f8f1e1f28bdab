import Host
import Planning

/// The editor of the person at the terminal.
struct Editor: Sendable {
    private let command: String

    /// `$VISUAL`, or `$EDITOR`, or what Debian calls "editor".
    init(_ environment: [String: String]) {
        let wanted = ["VISUAL", "EDITOR"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        command = wanted ?? "editor"
    }

    /// Opens a file and waits until it is closed.
    func open(_ path: String) throws {
        // Editors come with arguments, as in "code --wait"; the shell knows how to take them apart.
        let status = TerminalProgram.run("/bin/sh", ["-c", command + " \"$@\"", command, path])
        guard status == 0 else {
            throw Failure(
                .usage, "cannot edit \"\(path)\": the editor \"\(command)\" ended with status \(status)",
                hint: "set VISUAL or EDITOR to an editor that works")
        }
    }
}

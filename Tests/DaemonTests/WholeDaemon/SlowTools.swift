import Glibc
import TestSupport

/// A pg_dump that waits for a sign before it dumps, beside the real pg_restore.
extension DaemonHarness {
    /// The line for `[database.NAME.backup]`.
    var slowToolsSetting: String { "tools = \"\(directory)/tools\"" }

    func makeSlowTools(binaries: String) throws {
        let tools = directory + "/tools"
        try TestFiles.makeDirectory(tools)
        let script = """
            #!/bin/sh
            if [ "$1" != --version ]; then
                echo $$ > \(directory)/dumping.new
                mv \(directory)/dumping.new \(directory)/dumping
                while [ ! -e \(directory)/go ]; do sleep 0.05; done
            fi
            exec \(binaries)/pg_dump "$@"

            """
        try TestFiles.write(tools + "/pg_dump", script, mode: 0o755)
        guard symlink("\(binaries)/pg_restore", "\(tools)/pg_restore") == 0 else { throw NoTools() }
    }

    private struct NoTools: Error {}

    /// Waits until pg_dump waits, and returns its process.
    @discardableResult
    func awaitSlowDump() async throws -> pid_t {
        let path = directory + "/dumping"
        return try await within(.seconds(60), "the slow pg_dump") {
            while access(path, F_OK) != 0 { try await Task.sleep(for: .milliseconds(20)) }
            return pid_t(try TestFiles.read(path).filter(\.isNumber)) ?? 0
        }
    }

    func letSlowDumpGo() throws { try TestFiles.write(directory + "/go", "") }
}

import Liveness

/// A scratch server in a unit of the service manager's, with a user, a file system and a network of its own: what is
/// restored into it can reach neither our files nor anybody else.
public struct ScratchUnit: ScratchServer {
    private let line: LineSocket
    private let socketDirectory: String
    private let superuser: String

    /// Asks the unit that listens on `socket` for a server of that version, which we may connect to as these roles; the
    /// first is the superuser.
    public static func start(
        _ socket: String, serverVersion: Int, roles: [String], settings: [String: String]
    ) async throws(ToolError) -> ScratchUnit {
        let line: LineSocket
        do throws(FileError) {
            line = try LineSocket(path: socket)
        } catch {
            var problem = ToolError(program: "migrated-copy", error)
            problem.hint = "start the unit: systemctl start migrated-copy.socket"
            throw problem
        }
        let request = ScratchTalk.Request(serverVersion: serverVersion, roles: roles, settings: settings)
        let answer: ScratchTalk.Answer? =
            line.send(request) ? await Vigil.waiting { await line.receive(ScratchTalk.Answer.self) } : nil
        if Task.isCancelled {
            throw ToolError(program: "migrated-copy", cause: .cancelled, reason: "it was cancelled")
        }
        guard let directory = answer?.socketDirectory else {
            throw ToolError(
                program: "migrated-copy", cause: .failed, reason: answer?.failure ?? "its unit ended without an answer",
                hint: answer == nil ? "see what it says: journalctl -u 'migrated-copy@*'" : nil)
        }
        return ScratchUnit(line: line, socketDirectory: directory, superuser: roles[0])
    }

    public func connection(database: String) -> [String: String] {
        ["host": socketDirectory, "port": EmbeddedCluster.port, "user": superuser, "dbname": database]
    }

    /// The other side ends when it is no longer heard, and the service manager removes what it had.
    public func remove() async { line.hangUp() }
}

import Liveness

/// A scratch server in a unit of the service manager's, with a user, a file system and a network of its own: what is
/// restored into it can reach neither our files nor anybody else.
public struct ScratchUnit: ScratchServer {
    private let line: LineSocket
    private let socketDirectory: String
    private let superuser: String

    /// Asks the unit that listens on `socket` for a server of that version, which we may connect to as these roles; the
    /// first is the superuser. The files of new clusters are made in `templates`, which the unit only reads: what runs in one
    /// copy must not get into the next.
    public static func start(
        _ socket: String, tools: PostgresTools, roles: [String], settings: [String: String], templates: String
    ) async throws(ToolError) -> ScratchUnit {
        let line: LineSocket
        do throws(FileError) {
            line = try LineSocket(path: socket)
        } catch {
            var problem = ToolError(program: "migrated-copy", error)
            problem.hint = "start the unit: systemctl start migrated-copy.socket"
            throw problem
        }
        var shape = EmbeddedCluster.Options.scratch.shape
        shape.superuser = roles[0]
        await ClusterTemplate(in: templates, of: tools, shape: shape)?.offer(with: tools, shape: shape)
        let request = ScratchTalk.Request(
            serverVersion: tools.version.major * 10000, roles: roles, settings: settings, templates: templates)
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

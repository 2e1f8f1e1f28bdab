import Glibc

/// The inside of a scratch unit: serves one copy, for as long as whoever asked for it stays connected.
public enum ScratchService {
    /// Takes the request from a connected socket, runs the server, and returns when the copy has served.
    ///
    /// - Parameters:
    ///   - directory: Where the data is. It goes with the unit.
    ///   - socketDirectory: Where the server's socket is, which the one who asked can reach.
    public static func serve(_ descriptor: Int32, directory: String, socketDirectory: String) async {
        let line = LineSocket(adopting: descriptor)
        guard let request = await line.receive(ScratchTalk.Request.self), let superuser = request.roles.first else {
            return
        }
        let cluster: EmbeddedCluster
        do throws(ToolError) {
            guard let visitor = line.peer.flatMap({ SystemAccount.withUID($0) }) else {
                throw ToolError(program: "postgres", cause: .failed, reason: "nobody knows the user who asks for it")
            }
            var options = EmbeddedCluster.Options.scratch
            options.shape.superuser = superuser
            options.settings.merge(request.settings) { $1 }
            options.templates = request.templates
            options.visitor = ClusterVisitor(
                name: visitor.name, roles: request.roles, socketDirectory: socketDirectory)
            let tools = try await PostgresTools.discover(serverVersion: request.serverVersion, withServer: true)
            cluster = try await EmbeddedCluster.start(directory: directory, tools: tools, options: options)
        } catch {
            _ = line.send(ScratchTalk.Answer(failure: "\(error)"))
            return
        }
        _ = line.send(ScratchTalk.Answer(socketDirectory: socketDirectory))
        // Nothing more is said: this returns when the other side has gone.
        _ = await line.receive(ScratchTalk.Request.self)
        await cluster.remove()
    }
}

/// Somebody else than the one who runs a cluster, who may connect to it: by the kernel's word, and as these roles only.
public struct ClusterVisitor: Sendable {
    /// The system's user.
    public var name: String
    /// The roles, the superuser's among them.
    public var roles: [String]
    /// Where the server's socket is for it.
    public var socketDirectory: String

    /// Makes a visitor.
    public init(name: String, roles: [String], socketDirectory: String) {
        self.name = name
        self.roles = roles
        self.socketDirectory = socketDirectory
    }

    /// Writes who may connect into a new cluster (PostgreSQL manual, "Client Authentication").
    public func admit(to data: String) throws(FileError) {
        for role in roles where role.contains(where: { $0 == "\"" || $0.isNewline }) {
            throw FileError("admit", role, reason: "its name has a quotation mark", code: EINVAL)
        }
        try AtomicFile.write(FilePaths.join(data, "pg_hba.conf"), text: "local all all peer map=visitor\n")
        try AtomicFile.write(
            FilePaths.join(data, "pg_ident.conf"),
            text: roles.map { "visitor \"\(name)\" \"\($0)\"\n" }.joined())
    }
}

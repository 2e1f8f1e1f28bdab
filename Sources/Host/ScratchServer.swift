/// A PostgreSQL server for a copy that is thrown away, wherever it runs.
public protocol ScratchServer: Sendable {
    /// How to connect to one of its databases as superuser, as libpq's keywords.
    func connection(database: String) -> [String: String]

    /// Ends it and removes all of it.
    func remove() async
}

extension EmbeddedCluster: ScratchServer {
    public func remove() async { try? await stopAndRemove() }
}

/// What the one side of a scratch unit asks for and the other one answers: a line of JSON each. The copy lives for as
/// long as the connection does, however that ends.
enum ScratchTalk {
    struct Request: Codable, Sendable {
        /// Such as 150018: the server's major version is wanted.
        var serverVersion: Int
        /// The superuser's name, and who else may be connected as.
        var roles: [String]
        /// The server's settings.
        var settings: [String: String]
        /// Where the files of new clusters are, to be copied.
        var templates: String?
    }

    struct Answer: Codable, Sendable {
        var socketDirectory: String?
        var failure: String?
    }

    /// Longer ones are nobody's of ours.
    static let longestLine = 64 << 10
}

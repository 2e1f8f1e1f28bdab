import Control
import Host
import Planning
import Revisions

/// Where the revision files of one database are. To know it takes neither a daemon nor a database.
struct RevisionDirectories: Sendable, Equatable {
    var paths: [String]
    /// What the settings say of scripts.
    var script = SQLScript.Settings()

    static func find(_ options: DirectoryOptions, session: Session) async throws -> RevisionDirectories {
        var found = RevisionDirectories(paths: ["migrations"])
        do {
            let status = try await session.client.call(GetStatus.self, .init(database: session.database))
            if let database = status.databases.first, status.databases.count == 1 {
                found = RevisionDirectories(paths: database.directories, script: database.script ?? .init())
            }
        } catch let failure as Failure where failure.code == .daemonUnavailable {
            // What the command line says is enough.
        }
        if !options.directories.isEmpty { found.paths = options.directories }
        return found
    }

    /// All revisions, judged together.
    func graph() throws -> RevisionGraph {
        var files: [RevisionFile] = []
        do {
            for path in paths {
                files += try DirectoryTree.revisionFiles(in: path).map {
                    RevisionFile(path: $0.path, bytes: try TextFiles.readBytes($0.path))
                }
            }
        } catch let error as FileError {
            throw Failure(.usage, "\(error)", hint: error.hint ?? "name the directory: --directory PATH")
        }
        let loaded = RevisionDirectory.load(files)
        guard let graph = loaded.graph, loaded.problems.isEmpty else {
            throw Failure(
                .revisionsInvalid,
                "cannot write SQL: \(Quantity.count(loaded.problems.count, "problem")) in the revisions",
                hint: "mend the files first", notes: loaded.problems.map(\.description))
        }
        return graph
    }
}

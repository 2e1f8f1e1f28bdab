import Glibc

/// The files of a new cluster, made once for the programs that are installed and copied from then on: to make them takes a
/// second of computing, to copy them a tenth of that.
struct ClusterTemplate: Sendable {
    /// What all of them are in.
    let directory: String
    /// Its name says all that makes one cluster another than the next.
    let name: String

    private static let unfinished = ".new-"

    private var path: String { FilePaths.join(directory, name) }

    /// - Returns: nil where the programs cannot be told from others.
    init?(in directory: String, of tools: PostgresTools, shape: PostgresTools.ClusterShape) {
        var status = stat()
        guard stat(tools.path(of: "postgres"), &status) == 0 else { return nil }
        let program = "\(tools.version)-\(status.st_ino)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        let words = [
            program, shape.superuser, shape.encoding, shape.locale, shape.hasChecksums ? "checked" : "unchecked",
        ]
        name = words.joined(separator: "_").replacing("/", with: "-")
        self.directory = directory
    }

    /// Copies it; whose the copy is, is said, as nobody else may have touched the template. Returns whether it is there: what
    /// goes wrong with a copy does not go wrong without one.
    func copy(to destination: String, for account: SystemAccount?) -> Bool {
        guard TextFiles.isDirectory(path) else { return false }
        do {
            try DirectoryTree.copy(path, to: destination, for: account)
            return true
        } catch {
            try? DirectoryTree.remove(destination)
            return false
        }
    }

    /// Keeps a copy of a cluster that was just made, instead of those of programs that are no more. To do without one only
    /// costs time.
    func keep(_ data: String) {
        publish { unfinished throws(FileError) in
            try DirectoryTree.make(directory)
            try DirectoryTree.copy(data, to: unfinished, for: nil)
        }
    }

    /// Makes the files, where they are not there, for others to copy who may only read them: there is nothing secret in them.
    func offer(with tools: PostgresTools, shape: PostgresTools.ClusterShape) async {
        guard !TextFiles.isDirectory(path), !SystemAccount.isRoot else { return }
        let made = FilePaths.join(directory, Self.unfinished + FilePaths.uniqueSuffix())
        do {
            try DirectoryTree.make(directory, mode: 0o755)
            try await tools.initialiseCluster(made, shape: shape)
            publish { unfinished throws(FileError) in
                try AtomicFile.publish(made, as: unfinished)
                try DirectoryTree.makeReadable(unfinished)
            }
        } catch {
            try? DirectoryTree.remove(made)
        }
    }

    private func publish(_ make: (String) throws(FileError) -> Void) {
        let unfinished = FilePaths.join(directory, Self.unfinished + FilePaths.uniqueSuffix())
        do throws(FileError) {
            try make(unfinished)
            let own = FilePaths.split(unfinished).name
            for other in try DirectoryTree.entries(of: directory) where other != own && isOutdated(other) {
                try DirectoryTree.remove(FilePaths.join(directory, other))
            }
            try DirectoryTree.synchronise(unfinished)
            try AtomicFile.publish(unfinished, as: path)
        } catch {
            try? DirectoryTree.remove(unfinished)
        }
    }

    /// Of the same major version, but of other programs; or not finished.
    private func isOutdated(_ other: String) -> Bool {
        if other.hasPrefix(Self.unfinished) { return true }
        let (mine, its) = (name.split(separator: "_")[0], other.split(separator: "_")[0])
        let major = mine.prefix { $0.isNumber }
        return its != mine && its.prefix { $0.isNumber } == major
    }
}

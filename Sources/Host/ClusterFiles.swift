import Glibc

/// The directory of an embedded cluster: what is where, and whose it is.
struct ClusterFiles: Sendable {
    let directory: String

    init(_ directory: String) { self.directory = FilePaths.absolute(directory) }

    var data: String { FilePaths.join(directory, "data") }
    var log: String { FilePaths.join(directory, "log") }
    var pidFile: String { FilePaths.join(data, "postmaster.pid") }

    /// A Unix socket's path has 108 bytes, and its end is PostgreSQL's.
    private static let longestSocketDirectory = 107 - "/.s.PGSQL.5432".utf8.count

    private static let distantPrefix = "migrated-socket-"

    /// Removes the directory that an earlier start made for a socket whose path was too long, and the link that tells of it.
    func removeDistantSocketDirectory() {
        let link = FilePaths.join(directory, "socket")
        guard let target = FilePaths.linkTarget(link) else { return }
        if target.hasPrefix("/tmp/\(Self.distantPrefix)") { try? DirectoryTree.remove(target) }
        unlink(link)
    }

    /// The major version of the cluster that is there, or nil where there is none.
    func majorVersion() -> Int? {
        guard let text = try? TextFiles.readText(FilePaths.join(data, "PG_VERSION"), limit: 64) else { return nil }
        return Int(text.prefix { $0.isNumber })
    }

    /// Who serves the cluster: nobody else, unless we are root; then whoever owns it already.
    func account(configured: SystemAccount?) -> SystemAccount? {
        guard SystemAccount.isRoot else { return nil }
        var status = stat()
        if stat(data, &status) == 0, status.st_uid != 0 {
            return SystemAccount.withUID(status.st_uid)
                ?? SystemAccount(name: "\(status.st_uid)", uid: status.st_uid, gid: status.st_gid)
        }
        return configured ?? SystemAccount.forClusters
    }

    /// Makes the directories, gives them to `account`, and returns where the socket goes.
    func prepare(for account: SystemAccount?, longestLog: Int64) throws(FileError) -> String {
        // Another user has to pass through what is made above it.
        if account != nil { try DirectoryTree.makePassable(FilePaths.split(directory).parent) }
        try DirectoryTree.make(directory)
        var socketDirectory = FilePaths.join(directory, "socket")
        if socketDirectory.utf8.count > Self.longestSocketDirectory {
            removeDistantSocketDirectory()
            let link = socketDirectory
            socketDirectory = try DirectoryTree.makeTemporary(in: "/tmp", prefix: Self.distantPrefix)
            guard symlink(socketDirectory, link) == 0 else { throw FileError("link", link) }
        } else {
            try DirectoryTree.make(socketDirectory)
        }
        if let account {
            for path in [directory, socketDirectory] {
                guard chown(path, account.uid, account.gid) == 0 else { throw FileError("give away", path) }
            }
        }
        var status = stat()
        if stat(log, &status) == 0, Int64(status.st_size) > longestLog {
            guard rename(log, log + ".1") == 0 else { throw FileError("rename", log) }
        }
        return socketDirectory
    }

    /// The process that `postmaster.pid` names, and its state as the server wrote it ("ready", "starting").
    func serverState() -> (pid: Int32, state: String)? {
        guard let text = try? TextFiles.readText(pidFile, limit: 64 << 10) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let pid = lines.first.flatMap({ Int32($0) }) else { return nil }
        return (pid, lines.count > 7 ? String(lines[7].prefix { $0 != " " }) : "")
    }

    /// Processes that live in the cluster's directory: a server, or what is left of one.
    func inhabitants() -> [Int32] {
        guard let home = FilePaths.resolved(data), let names = try? DirectoryTree.entries(of: "/proc") else {
            return []
        }
        return names.compactMap { Int32($0) }.filter {
            FilePaths.linkTarget("/proc/\($0)/cwd") == home && $0 != getpid()
        }
    }

    /// Removes what a server that is no more has left: its number may be another process's by now, which PostgreSQL
    /// cannot tell from a server. Must only be called when nobody lives in the directory.
    func removeLeftovers(socketDirectory: String) throws(FileError) {
        // A number that nobody has is no problem; PostgreSQL then looks for left memory as well.
        if let (pid, _) = serverState(), kill(pid, 0) == 0 || errno == EPERM { try AtomicFile.remove(pidFile) }
        for name in try DirectoryTree.entries(of: socketDirectory) where name.hasPrefix(".s.PGSQL.") {
            try AtomicFile.remove(FilePaths.join(socketDirectory, name))
        }
    }

    /// The last lines of the log.
    func endOfLog(_ count: Int) -> [String] {
        guard let file = try? Descriptor(open: log, O_RDONLY, for: "read") else { return [] }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let end = lseek(file.raw, 0, SEEK_END)
        let length = pread(file.raw, &buffer, buffer.count, max(0, end - buffer.count))
        guard length > 0 else { return [] }
        return String(decoding: buffer[..<length], as: UTF8.self).split(separator: "\n").suffix(count).map(String.init)
    }

    /// Says what to do where a user other than us cannot get at the directory.
    func explain(_ error: ToolError, account: SystemAccount?) -> ToolError {
        guard let account, error.cause == .permissionDenied || error.cause == .notStarted else { return error }
        var explained = error
        explained.hint = "let the user \"\(account.name)\" pass through the directories above \"\(directory)\""
        return explained
    }
}

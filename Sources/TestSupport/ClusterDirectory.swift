import Glibc
import Synchronization

/// A temporary directory for a cluster, which goes away with this process, however that ends.
///
/// A small shell waits for the end of a pipe that only this process holds open, then ends the server and removes the
/// directory. What even that leaves behind, the next process sweeps: a directory whose lock nobody holds is nobody's.
final class ClusterDirectory: Sendable {
    /// Where it is. What many databases are made in is better in memory: that of a file costs many times less there.
    private static let parent = getenv("MIGRATED_TEST_DIRECTORY").map { String(cString: $0) } ?? "/tmp"
    private static let prefix = "migrated-pg."

    let path: String
    private let guardEnd: Mutex<Int32>
    private let lock: Int32
    private let reaper: ChildProgram

    var data: String { path + "/data" }

    /// Ends a server by its data directory, and removes everything. `$1` is the directory.
    private static let removal = """
        pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
        if [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; then
            kill -QUIT "$pid"
            n=0
            while [ -e "/proc/$pid" ] && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
            if [ "$(readlink "/proc/$pid/cwd")" = "$1/data" ]; then kill -KILL "$pid"; fi
        fi
        rm -rf "$1"
        """

    static func make(owner: ServerUser?) async throws(TestClusterError) -> ClusterDirectory {
        await sweep()
        var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestClusterError("cannot make a directory in \(parent)") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o755)
        if let owner { _ = chown(path, owner.uid, owner.gid) }
        let lock = open(path + "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, let ends = channel() else {
            throw TestClusterError("cannot guard the directory \(path)")
        }
        let reaper = try await ChildProgram.start(
            ["/bin/sh", "-c", "cat >/dev/null\n" + removal, "sh", path], workingDirectory: "/", standardInput: ends[0])
        return ClusterDirectory(path: path, guardEnd: ends[1], lock: lock, reaper: reaper)
    }

    private init(path: String, guardEnd: Int32, lock: Int32, reaper: ChildProgram) {
        self.path = path
        self.guardEnd = Mutex(guardEnd)
        self.lock = lock
        self.reaper = reaper
    }

    deinit {
        release()
        close(lock)
    }

    /// Removes the directory, and ends a server that is still in it.
    func remove() async {
        release()
        await reaper.waitUntilExit()
    }

    private func release() {
        guardEnd.withLock { end in
            if end >= 0 { close(end) }
            end = -1
        }
    }

    private static func sweep() async {
        let stale = TestFiles.names(in: parent).filter { $0.hasPrefix(prefix) }.map { "\(parent)/\($0)" }
            .filter(isStale)
        for path in stale {
            _ = try? await ChildProgram.run(["/bin/sh", "-c", removal, "sh", path], workingDirectory: "/")
        }
    }

    private static func isStale(_ path: String) -> Bool {
        var status = stat()
        // A young one may not be locked yet, and its own reaper may still be at work.
        guard stat(path, &status) == 0, time(nil) - status.st_mtim.tv_sec > 120 else { return false }
        let lock = open(path + "/lock", O_RDWR | O_CLOEXEC)
        guard lock >= 0 else { return errno == ENOENT }
        defer { close(lock) }
        return flock(lock, LOCK_EX | LOCK_NB) == 0
    }
}

/// As whom the server runs when this process is root.
struct ServerUser: Sendable {
    let uid: uid_t
    let gid: gid_t

    /// Nil where this process is not root: the server then runs as the same user.
    static func find() throws(TestClusterError) -> ServerUser? {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            var buffer = [CChar](repeating: 0, count: 4096)
            if getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil {
                return ServerUser(uid: entry.pw_uid, gid: entry.pw_gid)
            }
        }
        throw TestClusterError("cannot start PostgreSQL as root: there is neither a user \"postgres\" nor \"nobody\"")
    }
}

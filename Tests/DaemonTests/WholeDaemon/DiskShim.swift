import FoundationEssentials
import Glibc
import TestSupport

/// A disk that fails once, at a call of a test's choice, for programs that are started with its environment. What stands
/// between them and the C library is `DiskShim/disk.c`.
final class DiskShim: Sendable {
    /// How it fails.
    enum Fault: CaseIterable, Sendable {
        case full, readOnly, notPermitted, broken
        /// The directory is taken away.
        case gone

        /// The error, and the kinds of calls that it may come from: 1 for names, 2 for writes, 4 for fsync.
        fileprivate var words: (error: Int32, kinds: Int32) {
            switch self {
            case .full: (ENOSPC, 1 | 2)
            case .readOnly: (EROFS, 1)
            case .notPermitted: (EACCES, 1)
            case .broken: (EIO, 2 | 4)
            case .gone: (0, 1 | 2 | 4)
            }
        }
    }

    /// The directory that is on this disk.
    let under: String
    private let library: String
    private let plan: String

    /// Makes a disk under a directory; its own files go into another.
    init(under: String, files directory: String) async throws {
        self.under = under
        library = directory + "/disk.so"
        plan = directory + "/disk.plan"
        let here = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()
        let compiler = try await WholeProgram.start(
            ["cc", "-shared", "-fPIC", "-O1", "-o", library, here + "/DiskShim/disk.c", "-ldl"],
            workingDirectory: directory
        ).wait()
        guard compiler.status == 0 else { throw NoDisk(reason: compiler.errors) }
        try TestFiles.write(plan, String(repeating: "\0", count: 16), mode: 0o666)
    }

    private struct NoDisk: Error {
        var reason: String
    }

    /// What a program has to be started with.
    var environment: [String: String] {
        ["LD_PRELOAD": library, "DISK_SHIM_PLAN": plan, "DISK_SHIM_UNDER": under]
    }

    /// Lets the disk fail at the call of that number from now on.
    func arm(_ fault: Fault, at call: Int) throws {
        try set([Int32(call), fault.words.error, fault.words.kinds, 0])
    }

    /// Lets it fail no more, brings back what it took away, and says whether it has failed.
    func disarm() throws -> Bool {
        let file = open(plan, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var words = [Int32](repeating: 0, count: 4)
        guard pread(file, &words, 16, 0) == 16 else { throw NoDisk(reason: "no plan") }
        try set([0, 0, 0, 0])
        let away = under + ".away"
        if access(away, F_OK) == 0, rename(away, under) != 0 {
            // Somebody has made a new one in its place.
            try FileManager.default.removeItem(atPath: away)
        }
        return words[3] != 0
    }

    private func set(_ words: [Int32]) throws {
        let file = open(plan, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        guard pwrite(file, words, 16, 0) == 16 else { throw NoDisk(reason: "no plan") }
    }

    /// Writes a pg_dump that uses this disk into a directory, beside the real pg_restore.
    func makeTools(in directory: String, binaries: String) throws {
        try TestFiles.makeDirectory(directory)
        let variables = environment.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        try TestFiles.write(
            directory + "/pg_dump", "#!/bin/sh\nexec env \(variables) \(binaries)/pg_dump \"$@\"\n", mode: 0o755)
        guard symlink("\(binaries)/pg_restore", "\(directory)/pg_restore") == 0 else {
            throw NoDisk(reason: "no pg_restore")
        }
    }
}

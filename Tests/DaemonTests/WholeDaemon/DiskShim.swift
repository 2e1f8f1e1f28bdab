import FoundationEssentials
import Glibc
import TestSupport

/// A disk that fails at a call of a test's choice, once or from there on, for programs that are started with its environment.
/// What stands between them and the C library is `DiskShim/disk.c`.
final class DiskShim: Sendable {
    /// How it fails.
    enum Fault: CaseIterable, Sendable {
        case full, readOnly, notPermitted, broken
        /// The directory is taken away.
        case gone

        /// The error, and the kinds of calls that it may come from.
        fileprivate var words: (error: Int32, kinds: Call.Kinds) {
            switch self {
            case .full: (ENOSPC, [.names, .writes])
            case .readOnly: (EROFS, [.names, .removals])
            case .notPermitted: (EACCES, [.names, .removals])
            case .broken: (EIO, [.writes, .syncs, .removals])
            case .gone: (0, [.names, .writes, .syncs, .removals])
            }
        }

        /// Those of these calls that it may come from.
        func calls(among calls: [Call]) -> [Call] { calls.filter { words.kinds.contains($0.kind) } }
    }

    /// A call that can fail. Those with an f at the beginning are of streams; `fwrite` is what fills a stream's buffer, and
    /// `fclose` writes what is left in it.
    enum Call: Int32, Sendable {
        case open = 1
        case mkdir, chmod, rename, link, write, pwrite, fopen, fwrite, fclose, fsync, unlink, rmdir, fallocate

        /// As `disk.c` has them.
        struct Kinds: OptionSet, Sendable {
            let rawValue: Int32
            static let names = Kinds(rawValue: 1)
            static let writes = Kinds(rawValue: 2)
            static let syncs = Kinds(rawValue: 4)
            static let removals = Kinds(rawValue: 8)
            /// What is given back to the disk within a file.
            static let holes = Kinds(rawValue: 16)
        }

        fileprivate var kind: Kinds {
            switch self {
            case .open, .mkdir, .chmod, .rename, .link, .fopen: .names
            case .write, .pwrite, .fwrite, .fclose: .writes
            case .fsync: .syncs
            case .unlink, .rmdir: .removals
            case .fallocate: .holes
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
        try TestFiles.write(plan, String(repeating: "\0", count: Self.size), mode: 0o666)
    }

    private struct NoDisk: Error {
        var reason: String
    }

    /// What a program has to be started with.
    var environment: [String: String] {
        ["LD_PRELOAD": library, "DISK_SHIM_PLAN": plan, "DISK_SHIM_UNDER": under]
    }

    /// Lets the disk fail from now on when a call is made for the so manieth time: then alone, or at all from there on.
    func arm(_ fault: Fault, at call: Call, _ number: Int, lasting: Bool = false) throws {
        let (error, kinds) = fault.words
        try set([call.rawValue, Int32(number), error, lasting ? kinds.rawValue : 0, 0])
    }

    /// Lets it take nothing back of a file that stays, as many file systems do.
    func armAgainstHoles() throws {
        try set([Call.fallocate.rawValue, 1, EOPNOTSUPP, Call.Kinds.holes.rawValue, 0])
    }

    /// Lets it fail no more, brings back what it took away, and says whether it has failed.
    func disarm() throws -> Bool {
        let file = open(plan, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var words = [Int32](repeating: 0, count: Self.size / 4)
        guard pread(file, &words, Self.size, 0) == Self.size else { throw NoDisk(reason: "no plan") }
        try set([0, 0, 0, 0, 0])
        let away = under + ".away"
        if access(away, F_OK) == 0, rename(away, under) != 0 {
            // Somebody has made a new one in its place.
            try FileManager.default.removeItem(atPath: away)
        }
        return words[4] != 0
    }

    /// Five words: see `disk.c`.
    private static let size = 20

    private func set(_ words: [Int32]) throws {
        let file = open(plan, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        guard pwrite(file, words, Self.size, 0) == Self.size else { throw NoDisk(reason: "no plan") }
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

import FoundationEssentials
import Glibc
import Testing

/// What every machine boots: the staged install and a new PostgreSQL cluster; made once for all tests of this process.
struct MachineImage: Sendable {
    let directory: String
    /// Whether our install is not on it.
    var isBare = false
    var tree: String { directory + "/tree" }
    var runtime: String { directory + "/runtime" }
    var cluster: String { directory + "/cluster" }

    /// The image; the first who asks has it made.
    static var shared: MachineImage {
        get async throws { try await making.value }
    }

    /// The same without our install, for the package.
    static var bare: MachineImage {
        get async throws { try await makingBare.value }
    }

    private static let making = Task { try await make() }
    private static let makingBare = Task { try await make("bare") }

    /// Where the scripts of these tests are.
    static let scripts =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        .joined(separator: "/") + "/scripts"

    /// Where the repository is.
    static let root = scripts.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")

    private static func make(_ words: String...) async throws -> MachineImage {
        let image = MachineImage(directory: try Scratch.make("image"), isBare: words.contains("bare"))
        let outcome = try await Program.run(["\(scripts)/stage", programs, image.directory] + words)
        guard outcome.status == 0 else { throw UnexpectedStatus(description: "\(outcome)") }
        return image
    }

    /// The directory of the programs that were built with these tests.
    private static var programs: String {
        let ours = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let directory = ours.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if FileManager.default.isExecutableFile(atPath: directory + "/migrated") { return directory }
        return root + "/.build/debug"
    }
}

/// Directories of this process below /tmp, which go with it. The next process removes those of one that was killed.
enum Scratch {
    private static let parent = "/tmp"
    private static let prefix = "migrated-system."

    private static let own: Result<String, any Error> = Result {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: parent) where name.hasPrefix(prefix) {
            let owner = name.dropFirst(prefix.count)
            if !files.fileExists(atPath: "/proc/\(owner)") { try? files.removeItem(atPath: "\(parent)/\(name)") }
        }
        let path = "\(parent)/\(prefix)\(ProcessInfo.processInfo.processIdentifier)"
        // PostgreSQL, which is not root, goes through it.
        try files.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        atexit { Scratch.removeAll() }
        return path
    }

    static func make(_ name: String) throws -> String {
        let path = try own.get() + "/\(name)-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        return path
    }

    private static func removeAll() {
        if let path = try? own.get() { remove(path) }
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

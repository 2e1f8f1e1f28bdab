import FoundationEssentials

/// The repository that this file is in.
enum Repository {
    /// The root: the directory above `Tests`.
    static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
        separator: "/")

    /// All Swift files of the product, read once.
    static let sources = Result { try swiftFiles(in: "Sources") }

    /// All Swift files below a directory of the root, by path.
    static func swiftFiles(in directory: String) throws -> [SourceFile] {
        try paths(in: directory).filter { $0.hasSuffix(".swift") }.map { path in
            SourceFile(path: path, text: try text(path))
        }
    }

    /// All files below a directory of the root, by path from the root; what is hidden or built is left out.
    static func paths(in directory: String) throws -> [String] {
        let entries = try FileManager.default.contentsOfDirectory(atPath: root + "/" + directory).sorted()
        return try entries.filter { !$0.hasPrefix(".") }.flatMap { entry -> [String] in
            let path = directory + "/" + entry
            var isDirectory = false
            _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory)
            return isDirectory ? try paths(in: path) : [path]
        }
    }

    /// A file's text.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: root + "/" + path), encoding: .utf8)
    }

    /// Whether there is such a file or directory.
    static func has(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root + "/" + path)
    }
}

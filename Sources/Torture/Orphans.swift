import Glibc
import TestSupport

/// Programs that outlived the daemon that started them.
enum Orphans {
    /// The programs of ours whose arguments name a directory, once they have had the time to end.
    static func left(of directory: String) async throws -> [String] {
        var found: [String] = []
        for _ in 0..<500 {
            found = programs(naming: directory)
            if found.isEmpty { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        return found
    }

    private static func programs(naming directory: String) -> [String] {
        TestFiles.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap { number in
            guard let words = try? TestFiles.read("/proc/\(number)/cmdline"), words.contains(directory) else {
                return nil
            }
            let program = words.split(separator: "\0").first.map(String.init) ?? ""
            // The shell that removes the directory in the end waits for us.
            return program.hasSuffix("/sh") ? nil : "\(number) \(program)"
        }
    }
}

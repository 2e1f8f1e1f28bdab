import FoundationEssentials
import Glibc
import TestSupport

/// Programs that outlived the daemon that started them.
enum Orphans {
    /// The programs of ours that name a directory or are in it, once they have had the time to end. A server calls its own
    /// children other names, and all of them work among its data.
    static func left(of directory: String, within patience: Duration = .seconds(10)) async throws -> [String] {
        let deadline = ContinuousClock.now + patience
        while true {
            let found = programs(of: directory)
            if found.isEmpty || ContinuousClock.now > deadline { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func programs(of directory: String) -> [String] {
        TestFiles.names(in: "/proc").filter { $0.allSatisfy(\.isNumber) }.compactMap { number in
            guard let words = try? TestFiles.read("/proc/\(number)/cmdline") else { return nil }
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(number)/cwd")
            guard words.contains(directory) || place?.hasPrefix(directory) == true else { return nil }
            let program = words.split(separator: "\0").first.map(String.init) ?? ""
            // The shell that removes the directory in the end waits for us.
            return program.hasSuffix("/sh") ? nil : "\(number) \(program)"
        }
    }
}

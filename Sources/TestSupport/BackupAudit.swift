import Digest
import FoundationEssentials

/// Looks at backups as somebody would who has nothing but their files.
public enum BackupAudit {
    private struct Manifest: Decodable {
        struct File: Decodable {
            var path: String
            var size: Int
            var sha256: String
        }

        var files: [File]
    }

    /// What is not whole in the directory of a database's backups: what is unfinished, what lacks a manifest, and files that
    /// are not as that says.
    public static func defects(in shelf: String) -> [String] {
        TestFiles.names(in: shelf).flatMap { name in
            name.hasPrefix(".")
                ? ["an unfinished backup is left: \(name)"] : defects(of: "\(shelf)/\(name)").map { "\(name): \($0)" }
        }
    }

    private static func defects(of backup: String) -> [String] {
        guard let bytes = FileManager.default.contents(atPath: backup + "/manifest.json"),
            let manifest = try? JSONDecoder().decode(Manifest.self, from: bytes)
        else { return ["it has no manifest"] }
        let changed = manifest.files.filter { file in
            guard let bytes = FileManager.default.contents(atPath: "\(backup)/\(file.path)") else { return true }
            return bytes.count != file.size || SHA256Digest.of(Array(bytes)).description != file.sha256
        }
        let known = Set(manifest.files.map(\.path) + ["manifest.json", "manifest.seal"])
        let unknown = files(in: backup).filter { !known.contains($0) }
        return changed.map { "\($0.path) is missing or changed" } + unknown.map { "\($0) is not in the manifest" }
    }

    private static func files(in directory: String) -> [String] {
        TestFiles.names(in: directory).flatMap { name in
            let inner = files(in: "\(directory)/\(name)")
            return inner.isEmpty ? [name] : inner.map { "\(name)/\($0)" }
        }
    }
}

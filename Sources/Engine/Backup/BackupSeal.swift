import Digest
import Host
import Planning

/// Whether a manifest is this host's own: a keyed digest of its bytes beside it. The manifest has the hash of every file, so
/// who vouches for it vouches for the whole backup.
struct BackupSeal: Sendable {
    let keyFile: String

    static let name = "manifest.seal"

    /// Writes the seal beside a manifest.
    func put(on manifest: [UInt8], in directory: String) throws(FileError) {
        let seal = MessageSeal(key: try HostKey.obtain(keyFile)).of(manifest)
        try AtomicFile.write(FilePaths.join(directory, Self.name), text: "\(seal)\n")
    }

    /// Whether the seal in the directory is that of these bytes and of this host.
    func vouches(for manifest: [UInt8], in directory: String) throws(FileError) -> Bool {
        let path = FilePaths.join(directory, Self.name)
        guard let key = try HostKey.read(keyFile), TextFiles.exists(path) else { return false }
        let text = try TextFiles.readText(path, limit: 256)
        // Digests are compared in a time that does not tell where they differ.
        return SHA256Digest(hex: String(text.prefix { !$0.isWhitespace })) == MessageSeal(key: key).of(manifest)
    }
}

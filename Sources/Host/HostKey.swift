/// A secret of this host, in a file that only its owner reads: made when it is asked for first, and never changed.
public enum HostKey {
    /// How many bytes a key has.
    public static let size = 32

    /// The key that the file has; it is made where there is none.
    public static func obtain(_ path: String) throws(FileError) -> [UInt8] {
        if let key = try read(path) { return key }
        // The kernel's.
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        try DirectoryTree.make(FilePaths.split(path).parent)
        do throws(FileError) {
            try AtomicFile.writeNew(path, text: hexadecimal(bytes) + "\n", mode: 0o600)
        } catch {
            // Somebody else's was there first: that is the one.
            guard error.alreadyExists, let key = try read(path) else { throw error }
            return key
        }
        return bytes
    }

    /// The key that the file has; nil where there is none.
    public static func read(_ path: String) throws(FileError) -> [UInt8]? {
        guard TextFiles.exists(path) else { return nil }
        let digits = Array(try TextFiles.readText(path, limit: 256).utf8.prefix { $0 != 10 })
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
        }
        guard bytes.count == size, digits.count == size * 2 else {
            throw FileError("read", path, reason: "it is no key", hint: "put the key of this host back from a copy")
        }
        return bytes
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

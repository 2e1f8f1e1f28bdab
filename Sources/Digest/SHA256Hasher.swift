internal import CCrypto

/// Hashes bytes as they come. A value: a copy goes on by itself.
public struct SHA256Hasher: Sendable {
    private var state = SHA256_CTX()

    /// A hasher that has seen nothing.
    public init() {
        SHA256_Init(&state)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds bytes of any sequence.
    public mutating func update(_ bytes: some Sequence<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
            update(Array(bytes))
        }
    }

    /// Adds bytes that somebody else owns.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        SHA256_Update(&state, base, bytes.count)
    }

    /// The digest of everything added so far; more can be added afterwards.
    public func finalize() -> SHA256Digest {
        var last = state
        var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        SHA256_Final(&bytes, &last)
        return SHA256Digest(unchecked: bytes)
    }
}

extension SHA256Digest {
    /// The digest of these bytes.
    public static func of(_ bytes: [UInt8]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The digest of this text's UTF-8 bytes.
    public static func of(_ text: String) -> SHA256Digest { of(Array(text.utf8)) }

    /// For bytes that libcrypto has just written: there are always 32 of them.
    fileprivate init(unchecked bytes: [UInt8]) {
        guard let digest = SHA256Digest(bytes: bytes) else { preconditionFailure("a digest has 32 bytes") }
        self = digest
    }
}

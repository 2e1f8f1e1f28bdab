internal import CCrypto

/// Hashes bytes as they come. A value: a copy goes on by itself.
public struct SHA256Hasher: Sendable {
    private var state = HashState()

    /// A hasher that has seen nothing.
    public init() {}

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
        if !isKnownUniquelyReferenced(&state) { state = HashState(copying: state) }
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        EVP_DigestUpdate(state.context, base, bytes.count)
    }

    /// The digest of everything added so far; more can be added afterwards.
    public func finalize() -> SHA256Digest {
        let last = HashState(copying: state)
        var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        EVP_DigestFinal_ex(last.context, &bytes, nil)
        return SHA256Digest(unchecked: bytes)
    }
}

/// Owns one context of libcrypto. Only ever written to while `SHA256Hasher` holds the single reference to it.
private final class HashState: @unchecked Sendable {
    let context: OpaquePointer

    init() {
        context = Self.makeContext()
        let started = EVP_DigestInit_ex(context, EVP_sha256(), nil)
        precondition(started == 1, "libcrypto has no SHA-256")
    }

    init(copying other: HashState) {
        context = Self.makeContext()
        let copied = EVP_MD_CTX_copy_ex(context, other.context)
        precondition(copied == 1, "libcrypto cannot copy a hash in progress")
    }

    deinit { EVP_MD_CTX_free(context) }

    private static func makeContext() -> OpaquePointer {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        return context
    }
}

extension SHA256Digest {
    /// The digest of these bytes.
    public static func of(_ bytes: [UInt8]) -> SHA256Digest {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let hashed = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        precondition(hashed == 1, "libcrypto has no SHA-256")
        return SHA256Digest(unchecked: digest)
    }

    /// The digest of this text's UTF-8 bytes.
    public static func of(_ text: String) -> SHA256Digest { of(Array(text.utf8)) }

    /// For bytes that libcrypto has just written: there are always 32 of them.
    fileprivate init(unchecked bytes: [UInt8]) {
        guard let digest = SHA256Digest(bytes: bytes) else { preconditionFailure("a digest has 32 bytes") }
        self = digest
    }
}

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// The code that proves `bytes` to whoever has the same key.
    public static func authenticate(_ bytes: [UInt8], key: [UInt8]) -> SHA256Digest {
        var code = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        // libcrypto takes a nil key for "the key before", so that an empty key still needs an address.
        let material = key.isEmpty ? [0] : key
        let written = HMAC(EVP_sha256(), material, Int32(key.count), bytes, bytes.count, &code, nil)
        precondition(written != nil, "libcrypto has no HMAC")
        return SHA256Digest(unchecked: code)
    }
}

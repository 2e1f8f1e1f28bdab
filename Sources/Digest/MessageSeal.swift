/// A keyed digest, HMAC-SHA-256 (RFC 2104): who has the key vouches for the bytes.
public struct MessageSeal: Sendable {
    private let inner: SHA256Hasher
    private let outer: SHA256Hasher

    private static let blockSize = 64

    /// A seal with this key.
    public init(key: [UInt8]) {
        var block = key.count > Self.blockSize ? SHA256Digest.of(key).bytes : key
        block += [UInt8](repeating: 0, count: Self.blockSize - block.count)
        var (inner, outer) = (SHA256Hasher(), SHA256Hasher())
        inner.update(block.map { $0 ^ 0x36 })
        outer.update(block.map { $0 ^ 0x5c })
        (self.inner, self.outer) = (inner, outer)
    }

    /// The seal of a message.
    public func of(_ message: [UInt8]) -> SHA256Digest {
        var (inner, outer) = (inner, outer)
        inner.update(message)
        outer.update(inner.finalize().bytes)
        return outer.finalize()
    }
}

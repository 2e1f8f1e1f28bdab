import Digest
import FoundationEssentials
import Testing

/// Against published vectors: FIPS 180-2 and RFC 4231.
@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "published vectors",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func vectors(text: String, hex: String) {
        #expect(SHA256Digest.of(text).description == hex)
        #expect(SHA256Digest(hex: hex) == SHA256Digest.of(text))
        #expect(SHA256Digest(hex: hex.uppercased()) == SHA256Digest.of(text))
    }

    @Test("a million letters, in pieces of every size")
    func pieces() {
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        var hasher = SHA256Hasher()
        var left = 1_000_000
        var size = 1
        while left > 0 {
            let piece = min(size, left)
            hasher.update([UInt8](repeating: UInt8(ascii: "a"), count: piece))
            left -= piece
            size += 7
        }
        #expect(hasher.finalize().description == expected)
    }

    @Test("a copy of a hasher goes on by itself")
    func copies() {
        var first = SHA256Hasher()
        first.update(Array("ab".utf8))
        var second = first
        first.update(Array("c".utf8))
        second.update(Array("x".utf8))
        #expect(first.finalize() == .of("abc"))
        #expect(second.finalize() == .of("abx"))
        first.update(Array("d".utf8)[...])
        #expect(first.finalize() == .of("abcd"))
    }

    @Test(
        "HMAC, RFC 4231",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ])
    func authentication(key: [UInt8], bytes: [UInt8], hex: String) {
        #expect(MessageSeal(key: key).of(bytes).description == hex)
    }

    @Test(
        "only 64 hexadecimal digits are a digest",
        arguments: [
            "", "abc", String(repeating: "g", count: 64), String(repeating: "a", count: 63),
            String(repeating: "a", count: 65),
        ])
    func illegal(hex: String) {
        #expect(SHA256Digest(hex: hex) == nil)
    }

    @Test("JSON is the hexadecimal text")
    func coding() throws {
        let digest = SHA256Digest.of("abc")
        let data = try JSONEncoder().encode([digest])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(digest)\"]")
        #expect(try JSONDecoder().decode([SHA256Digest].self, from: data) == [digest])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([SHA256Digest].self, from: Data("[\"abc\"]".utf8))
        }
        #expect(SHA256Digest(bytes: digest.bytes) == digest)
        #expect(SHA256Digest(bytes: [1, 2]) == nil)
    }
}

import Testing

@testable import Digest

@Suite struct MessageSealTests {
    /// RFC 4231, test cases 1, 2 and 6.
    @Test func knownSeals() {
        #expect(
            MessageSeal(key: [UInt8](repeating: 0x0b, count: 20)).of(Array("Hi There".utf8)).description
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            MessageSeal(key: Array("Jefe".utf8)).of(Array("what do ya want for nothing?".utf8)).description
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            MessageSeal(key: [UInt8](repeating: 0xaa, count: 131))
                .of(Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)).description
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }
}

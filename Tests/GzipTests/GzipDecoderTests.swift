import Gzip
import Testing

@Suite("Unpacking")
struct GzipDecoderTests {
    /// `printf 'one\ntwo\n' | gzip -9n`
    private static let packed: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0xcf, 0x4b, 0xe5, 0x2a, 0x29, 0xcf, 0xe7,
        0x02, 0x00, 0xe6, 0x0b, 0xba, 0x12, 0x08, 0x00, 0x00, 0x00,
    ]

    @Test("bytes are the same in whichever pieces they come", arguments: [1, 2, 7, 1000])
    func pieces(size: Int) throws {
        let (text, isComplete) = try Self.unpack(Self.packed, size)
        #expect(String(decoding: text, as: UTF8.self) == "one\ntwo\n")
        #expect(isComplete)
    }

    @Test("what is cut short is not complete", arguments: 0..<packed.count)
    func cut(length: Int) throws {
        #expect(try !Self.unpack(Array(Self.packed.prefix(length)), 1000).isComplete)
    }

    @Test("a changed byte of the contents or of their checksum is found", arguments: 10..<packed.count - 4)
    func changed(index: Int) {
        var bytes = Self.packed
        bytes[index] ^= 0x11
        // A stream whose end is changed may go on where the file ends.
        #expect((try? Self.unpack(bytes, 1000).isComplete) != true)
    }

    @Test("what follows the end is refused", arguments: [1, 1000])
    func more(size: Int) {
        #expect(throws: GzipError.goesOn) { try Self.unpack(Self.packed + [0], size) }
    }

    @Test("a wrong checksum is no end, however often one asks")
    func checksum() {
        var bytes = Self.packed
        bytes[bytes.count - 6] ^= 1
        let decoder = GzipDecoder()
        for _ in 0..<2 {
            #expect(throws: GzipError.damaged) {
                try bytes.withUnsafeBytes { piece in try decoder.decode(piece) { _ in } }
            }
            #expect(!decoder.isComplete)
        }
    }

    @Test("what is no gzip file is refused")
    func other() {
        #expect(throws: GzipError.damaged) { try Self.unpack(Array("COPY nothing FROM nowhere;\n".utf8), 1000) }
    }

    private static func unpack(_ bytes: [UInt8], _ size: Int) throws -> (text: [UInt8], isComplete: Bool) {
        let decoder = GzipDecoder()
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { piece in
                try decoder.decode(piece) { text += $0 }
            }
        }
        return (text, decoder.isComplete)
    }
}

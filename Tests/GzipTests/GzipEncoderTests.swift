import Gzip
import Testing

@Suite("Packing")
struct GzipEncoderTests {
    /// Text with repetitions, and more of it than is given out at once.
    private static let text = (0..<60_000).flatMap { Array("\($0)\t\($0 % 7)\trow\n".utf8) }

    @Test("what is packed is unpacked to the same, in whichever pieces it came", arguments: [1000, 65_536, 1 << 20])
    func roundTrip(size: Int) throws {
        let packed = Self.pack(Self.text, size)
        #expect(packed.count < Self.text.count / 3)
        #expect(try Self.unpack(packed) == Self.text)
    }

    @Test("nothing is packed to a file that says so")
    func nothing() throws {
        #expect(try Self.unpack(Self.pack([], 1)) == [])
    }

    @Test("what cannot be packed is there all the same")
    func noise() throws {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<400_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(try Self.unpack(Self.pack(noise, 100_000)) == noise)
    }

    private static func pack(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
        let encoder = GzipEncoder()
        var packed: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { piece in
                encoder.encode(piece) { packed += $0 }
            }
        }
        encoder.finish { packed += $0 }
        return packed
    }

    private static func unpack(_ bytes: [UInt8]) throws -> [UInt8] {
        let decoder = GzipDecoder()
        var text: [UInt8] = []
        try bytes.withUnsafeBytes { all in try decoder.decode(all) { text += $0 } }
        #expect(decoder.isComplete)
        return text
    }
}

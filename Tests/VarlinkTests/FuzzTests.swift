import Control
import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Varlink

/// What everything that reads somebody else's bytes must do with any bytes at all: take them rightly, or refuse them. So many
/// of each kind as `MIGRATED_FUZZ_INPUTS` says, from a seed that is printed and may be given as `MIGRATED_FUZZ_SEED`.
@Suite struct FuzzTests {
    private static let count = variable("MIGRATED_FUZZ_INPUTS").map(Int.init) ?? 20_000
    private static let seed = variable("MIGRATED_FUZZ_SEED") ?? .random(in: 0...999_999)

    private static func variable(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    private static let messages = [
        #"{"method":"io.migrated.Control.GetStatus"}"#,
        #"{"method":"io.migrated.Control.WatchJob","parameters":{"job":"main-1","fromSequence":0},"more":true}"#,
        #"{"parameters":{"a":[1,-2.5e3,true,null,"é\u00e9\ud83d\ude00"],"b":{"c":{}}},"continues":false}"#,
        #"{"error":"io.migrated.Control.Failed","parameters":{"code":"usage","message":"no"}}"#,
        #"[9223372036854775807,-9223372036854775808,0.1,1e-7,"\"\\\/\b\f\n\r\t"]"#,
    ].map { Array($0.utf8) }

    private func each(_ seeds: [[UInt8]], _ check: ([UInt8], inout SeededGenerator) -> String?) {
        print("seed: \(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        for number in 0..<Self.count {
            let input = Spoiling.spoiled(seeds.randomElement(using: &random) ?? [], &random)
            guard let wrong = check(input, &random) else { continue }
            Issue.record("seed \(Self.seed), input \(number): \(wrong): \(String(decoding: input, as: UTF8.self))")
            return
        }
    }

    /// However a stream is cut, it is the same messages.
    @Test func framing() {
        let limit = 30_000
        each(Self.messages) { input, random in
            let stream = input + [0] + input.reversed() + (Bool.random(using: &random) ? [0] : [])
            var splitter = MessageSplitter(limit: limit)
            var found: [[UInt8]] = []
            var rest = stream[...]
            do {
                while !rest.isEmpty {
                    let length = min(rest.count, Int.random(in: 1...max(1, stream.count / 3), using: &random))
                    splitter.append(ByteBuffer(bytes: rest.prefix(length)))
                    rest = rest.dropFirst(length)
                    while let message = try splitter.next() { found.append(message) }
                }
            } catch {
                return stream.split(separator: 0).contains { $0.count > limit } ? nil : "refused: \(error)"
            }
            let expected = stream.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
            return found == expected ? nil : "\(found.count) messages for \(expected.count)"
        }
    }

    /// What is read is written as what reads as the same.
    @Test func json() {
        each(Self.messages) { input, _ in
            guard let value = try? JSONValue(parsing: input) else { return nil }
            guard let written = try? value.serialized() else { return "is read and cannot be written" }
            guard let again = try? JSONValue(parsing: written) else { return "is written and cannot be read" }
            return again == value ? nil : "reads as something else once it was written"
        }
    }

    @Test func messages() {
        each(Self.messages) { input, _ in
            if let call = try? CallMessage(parsing: input, nesting: Limits().nesting), call.parameters != nil {
                guard let written = try? call.serialized() else { return "is a call and cannot be written" }
                let again = try? CallMessage(parsing: written, nesting: Limits().nesting)
                if !call.upgrade, again != call { return "is another call once it was written" }
            }
            _ = try? ReplyMessage(parsing: input, nesting: Limits().nesting)
            return nil
        }
    }

    /// An interface that is read says so again.
    @Test func interfaces() {
        let small = """
            # What it is.
            interface org.example.ping
            type Level (low, high)
            type Item (name: string, level: ?Level, more: [](a: int, b: [string]bool), any: object)
            # Answers.
            method Ping(item: Item) -> (pong: ?float)
            error Broken(reason: string)

            """
        each([Array(small.utf8)]) { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            guard let interface = try? Interface(parsing: text) else { return nil }
            return (try? Interface(parsing: interface.description)) == interface ? nil : "reads as another interface"
        }
        #expect(throws: Never.self) { try Interface(parsing: ControlInterface.description) }
    }
}

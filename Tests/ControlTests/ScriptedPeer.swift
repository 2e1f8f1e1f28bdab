import Dispatch
import Glibc
import Synchronization

/// The other end of a socket that does as a script says, whatever the protocol would have it do.
final class ScriptedPeer: Sendable {
    /// What is done with one call: what is sent, and whether the connection is closed then.
    struct Turn: Sendable {
        var frames: [String]
        var hangsUp: Bool

        static let hangUp = Turn(frames: [], hangsUp: true)
        static func reply(_ frames: String...) -> Turn { Turn(frames: frames, hangsUp: false) }
        static func cutOff(after frames: String...) -> Turn { Turn(frames: frames, hangsUp: true) }
    }

    let path: String
    private let descriptor: Int32
    private let received = Mutex<[String]>([])

    /// The calls that came, as their text.
    var calls: [String] { received.withLock { $0 } }

    init(_ turns: [Turn]) {
        var template = Array("/tmp/migratectl-test-XXXXXX".utf8CString)
        mkdtemp(&template)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/socket"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        listen(descriptor, 8)
        let queue = DispatchQueue(label: "scripted peer")
        queue.async { @Sendable [self] in serve(turns) }
    }

    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        Glibc.close(descriptor)
        unlink(path)
        rmdir(String(path.dropLast("/socket".count)))
    }

    private func serve(_ turns: [Turn]) {
        var turns = turns[...]
        while !turns.isEmpty {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return }
            while let call = Self.read(connection), let turn = turns.popFirst() {
                received.withLock { $0.append(call) }
                for frame in turn.frames { Self.write(connection, frame) }
                if turn.hangsUp { break }
            }
            Glibc.close(connection)
        }
    }

    private static func read(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(connection, &byte, 1) == 1 {
            if byte == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }

    private static func write(_ connection: Int32, _ frame: String) {
        let bytes = Array(frame.utf8) + [0]
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}

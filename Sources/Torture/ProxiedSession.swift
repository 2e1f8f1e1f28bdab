import Glibc

/// One connection through the proxy: passes messages on, and ends where a COMMIT is to be cut.
struct ProxiedSession {
    let client: Int32
    let server: Int32
    /// Asked at each COMMIT of a worker: whether and where to cut it.
    let decide: () -> CuttingProxy.Cut?
    /// The cut that was made.
    private(set) var done: CuttingProxy.Cut?

    private var fromClient = MessageBuffer(hasStarted: false)
    private var fromServer = MessageBuffer(hasStarted: true)
    private var isWorker = false
    /// Prepared statements that are COMMIT.
    private var commits: Set<[UInt8]> = []
    /// Decided when the COMMIT was bound, and not carried out yet.
    private var planned: CuttingProxy.Cut?
    /// The COMMIT that will be cut once the server has done all that it was sent before: what comes through a pipeline would
    /// otherwise be cut with it.
    private var held: ProtocolMessage?
    /// How many commands the server has not answered.
    private var unanswered = 0

    init(client: Int32, server: Int32, decide: @escaping () -> CuttingProxy.Cut?) {
        self.client = client
        self.server = server
        self.decide = decide
    }

    /// Passes messages on until an end goes away or the cut is made.
    mutating func passOn() {
        var polls = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&polls, 2, -1) >= 0 || errno == EINTR else { return }
            if polls[0].revents != 0 {
                guard fromClient.fill(from: client) else { return }
                while held == nil, let message = fromClient.next() {
                    guard takeFromClient(message) else { return }
                }
                if held != nil { polls[0].fd = -1 }
            }
            if polls[1].revents != 0 {
                guard fromServer.fill(from: server) else { return }
                while let message = fromServer.next() {
                    guard takeFromServer(message) else { return }
                }
            }
        }
    }

    private mutating func takeFromClient(_ message: ProtocolMessage) -> Bool {
        if message.kind == nil { isWorker = message.bytes.contains("migrated worker") }
        if isWorker, planned == nil, begins(aCommit: message) { planned = decide() }
        if planned == .beforeCommit || planned == .withinCommit {
            held = message
            return UnixSocket.write(Self.flush[...], to: server) && cutHeld()
        }
        if planned == .uponCommit, let kind = message.kind, Self.execution.contains(kind) {
            return UnixSocket.write(message.bytes[...], to: server) && cut()
        }
        if message.kind == UInt8(ascii: "E") { unanswered += 1 }
        return UnixSocket.write(message.bytes[...], to: server)
    }

    /// Cuts the COMMIT that is held, if its time has come; returns whether the connection goes on.
    private mutating func cutHeld() -> Bool {
        guard let held, unanswered == 0 else { return true }
        if planned == .withinCommit {
            _ = UnixSocket.write(held.bytes.prefix(held.bytes.count / 2), to: server)
        }
        return cut()
    }

    private mutating func takeFromServer(_ message: ProtocolMessage) -> Bool {
        switch message.kind {
        case UInt8(ascii: "C"), UInt8(ascii: "I"), UInt8(ascii: "s"): unanswered = max(0, unanswered - 1)
        // The rest of the pipeline is skipped.
        case UInt8(ascii: "E"): unanswered = 0
        default: break
        }
        if let planned, planned != .uponCommit, held == nil, message.kind == UInt8(ascii: "C"),
            message.bytes.contains("COMMIT")
        {
            switch planned {
            case .withinAnswer: _ = UnixSocket.write(message.bytes.prefix(message.bytes.count / 2), to: client)
            case .afterAnswer: _ = UnixSocket.write(message.bytes[...], to: client)
            default: break
            }
            return cut()
        }
        return UnixSocket.write(message.bytes[...], to: client) && cutHeld()
    }

    /// Whether the message is the one by which a COMMIT is asked for: a query, or the binding of a statement.
    private mutating func begins(aCommit message: ProtocolMessage) -> Bool {
        let texts = message.texts
        switch message.kind {
        case UInt8(ascii: "Q"): return texts.first == Self.commit
        case UInt8(ascii: "P"):
            guard texts.count >= 2 else { return false }
            if texts[1] == Self.commit { commits.insert(texts[0]) } else { commits.remove(texts[0]) }
            return false
        case UInt8(ascii: "B"): return texts.count >= 2 && commits.contains(texts[1])
        default: return false
        }
    }

    /// What has a query, or a statement that was bound, carried out.
    private static let execution: Set<UInt8> = [UInt8(ascii: "Q"), UInt8(ascii: "E")]
    private static let commit = Array("COMMIT".utf8)
    /// Asks the server for the answers that it has.
    private static let flush: [UInt8] = [UInt8(ascii: "H"), 0, 0, 0, 4]

    private mutating func cut() -> Bool {
        done = planned
        return false
    }
}

/// A message of PostgreSQL's protocol (manual, "Message Formats"): all of its bytes.
struct ProtocolMessage {
    /// Its first byte; nil for the message that begins a connection.
    var kind: UInt8?
    var bytes: [UInt8]

    /// The texts at its start, as far as there are any.
    var texts: [[UInt8]] {
        bytes.dropFirst(5).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    }
}

extension [UInt8] {
    func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return count >= text.count && (0...(count - text.count)).contains { self[$0...].starts(with: text) }
    }
}

/// The bytes of one direction, cut into messages.
struct MessageBuffer {
    var hasStarted: Bool
    private var bytes: [UInt8] = []

    init(hasStarted: Bool) { self.hasStarted = hasStarted }

    /// Reads what is there; false at the end.
    mutating func fill(from descriptor: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return count < 0 && errno == EINTR }
        bytes += chunk[..<count]
        return true
    }

    /// Takes the next message that is whole.
    mutating func next() -> ProtocolMessage? {
        let head = hasStarted ? 1 : 0
        guard bytes.count >= head + 4 else { return nil }
        let length = bytes[head..<head + 4].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= head + length else { return nil }
        defer {
            bytes.removeFirst(head + length)
            hasStarted = true
        }
        return ProtocolMessage(kind: hasStarted ? bytes[0] : nil, bytes: Array(bytes[..<(head + length)]))
    }
}

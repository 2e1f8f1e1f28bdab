import Synchronization

// The way of one call's replies out. It knows what the protocol allows: several replies only after `more`, exactly
// one last reply, none at all after `oneway`.
final class ReplySink: Sendable {
    typealias Receive = @Sendable (_ parameters: [String: JSONValue], _ continues: Bool) async throws -> Void

    private let call: Call
    private let receive: Receive
    private let finished = Mutex(false)

    init(call: Call, receive: @escaping Receive) {
        self.call = call
        self.receive = receive
    }

    func send(_ parameters: [String: JSONValue], continues: Bool) async throws {
        if continues && !call.more { throw VarlinkError.expectedMore }
        try finished.withLock { finished in
            guard !finished else { throw WrongReplyCount(method: call.method) }
            finished = !continues
        }
        try await receive(parameters, continues)
    }

    func finishIfOpen() async throws {
        guard !finished.withLock({ $0 }) else { return }
        guard call.more || call.oneway else { throw WrongReplyCount(method: call.method) }
        try await send([:], continues: false)
    }
}

// A handler broke the rules: it replied after its last reply, or never replied where one reply is due.
struct WrongReplyCount: Error, CustomStringConvertible {
    let method: String
    var description: String { "cannot reply to \"\(method)\": a call has exactly one last reply" }
}

import Glibc
import Synchronization

/// A proxy in front of a server's Unix socket that cuts a worker's connection around a COMMIT, and otherwise passes on
/// what both ends say.
final class CuttingProxy: Sendable {
    /// Where the connection is cut.
    enum Cut: String, CaseIterable, Sendable {
        /// The server never hears of the COMMIT.
        case beforeCommit = "cut before COMMIT"
        /// The server hears half of the message that carries it.
        case withinCommit = "cut within COMMIT"
        /// The server hears the COMMIT, and nobody its answer.
        case beforeAnswer = "cut before COMMIT's answer"
        /// The server has committed; half of its answer comes.
        case withinAnswer = "cut within COMMIT's answer"
        /// The answer comes, and nothing after it.
        case afterAnswer = "cut after COMMIT's answer"
    }

    private struct State: Sendable {
        var cut: Cut?
        var commitsBefore = 0
    }

    private let state = Mutex(State())
    private let listener: Int32
    private let server: String
    private let onCut: @Sendable (Cut) -> Void

    /// Listens in a directory where libpq looks for a server's socket.
    init(server: String, directory: String, onCut: @escaping @Sendable (Cut) -> Void) throws {
        self.server = server
        self.onCut = onCut
        listener = try UnixSocket.listening(on: directory + "/.s.PGSQL.5432")
        BlockingThread.start { [self] in acceptConnections() }
    }

    /// Cuts at a COMMIT that a worker sends from now on, after so many others.
    func arm(_ cut: Cut, after commits: Int) {
        state.withLock { state in
            state.cut = cut
            state.commitsBefore = commits
        }
    }

    /// Whether a cut is still to come.
    var isArmed: Bool { state.withLock { $0.cut != nil } }

    /// Cuts no more.
    func disarm() { state.withLock { $0.cut = nil } }

    /// Takes no further connections; those that there are go on until one of their ends goes away.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func acceptConnections() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard client >= 0 else { break }
            BlockingThread.start { [self] in
                defer { Glibc.close(client) }
                guard let server = try? UnixSocket.connected(to: server) else { return }
                defer { Glibc.close(server) }
                var session = ProxiedSession(client: client, server: server) { [self] in nextCommit() }
                session.passOn()
                if let cut = session.done { onCut(cut) }
            }
        }
        Glibc.close(listener)
    }

    /// What is to happen to the COMMIT that comes now.
    private func nextCommit() -> Cut? {
        state.withLock { state in
            guard state.cut != nil else { return nil }
            if state.commitsBefore > 0 {
                state.commitsBefore -= 1
                return nil
            }
            return state.cut.take()
        }
    }
}

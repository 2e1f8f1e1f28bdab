import Glibc
import TestSupport

/// A proxy in front of a server's Unix socket that cuts a worker's connection around a COMMIT, and otherwise passes on
/// what both ends say.
final class CuttingProxy: Sendable {
    /// Where the connection is cut.
    enum Cut: String, CaseIterable, Sendable {
        /// The server never hears of the COMMIT.
        case beforeCommit = "cut before COMMIT"
        /// The server hears half of the message that carries it.
        case withinCommit = "cut within COMMIT"
        /// The server hears the COMMIT, and is still at it.
        case uponCommit = "cut upon COMMIT"
        /// The server has committed, and nobody hears its answer.
        case beforeAnswer = "cut before COMMIT's answer"
        /// The server has committed; half of its answer comes.
        case withinAnswer = "cut within COMMIT's answer"
        /// The answer comes, and nothing after it.
        case afterAnswer = "cut after COMMIT's answer"
    }

    private struct State: Sendable {
        var cut: Cut?
        var commitsBefore = 0
        /// The socket of the server; nil while nobody is let through.
        var server: String?
        var isClosed = false
    }

    private let board = Bulletin(State())
    private let listener: Int32
    private let closesAtCut: Bool
    private let sink: AsyncStream<Cut>.Continuation
    /// The cuts as they are made, each told of before either end knows of it.
    let cuts: AsyncStream<Cut>

    private static let socketName = "/.s.PGSQL.5432"

    /// Listens in a directory where libpq looks for a server's socket.
    ///
    /// - Parameter closesAtCut: Whether nobody is let through after a cut, until ``open(to:)``.
    init(server: TestCluster, directory: String, closesAtCut: Bool) throws {
        self.closesAtCut = closesAtCut
        (cuts, sink) = AsyncStream.makeStream()
        listener = try UnixSocket.listening(on: directory + Self.socketName)
        open(to: server)
        BlockingThread.start { [self] in acceptConnections() }
    }

    /// Cuts at a COMMIT that a worker sends from now on, after so many others.
    func arm(_ cut: Cut, after commits: Int) {
        board.change { state in
            state.cut = cut
            state.commitsBefore = commits
        }
    }

    /// Waits until no cut is to come any more.
    func awaitCut() async throws { try await board.first { $0.cut == nil ? true : nil } }

    /// Cuts no more.
    func disarm() { board.change { $0.cut = nil } }

    /// Waits until new connections are let through.
    func awaitOpening() async throws { try await board.first(\.server) }

    /// Lets new connections through to this server.
    func open(to server: TestCluster) {
        board.change { $0.server = server.socketDirectory + Self.socketName }
    }

    /// Takes no further connections, and cuts no more; those that there are go on until one of their ends goes away.
    func close() {
        disarm()
        // Once: what has the listener's number afterwards is somebody else's.
        let isFirst = board.change { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        sink.finish()
    }

    private func acceptConnections() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard client >= 0 else { break }
            BlockingThread.start { [self] in
                defer { Glibc.close(client) }
                guard let server = board.state.server.flatMap({ try? UnixSocket.connected(to: $0) }) else {
                    return
                }
                defer { Glibc.close(server) }
                var session = ProxiedSession(client: client, server: server) { [self] in nextCommit() }
                session.passOn()
                guard let cut = session.done else { return }
                // Before its end is known to anybody: who comes back finds the door shut.
                if closesAtCut { board.change { $0.server = nil } }
                sink.yield(cut)
            }
        }
        Glibc.close(listener)
    }

    /// What is to happen to the COMMIT that comes now.
    private func nextCommit() -> Cut? {
        board.change { state in
            guard state.cut != nil else { return nil }
            if state.commitsBefore > 0 {
                state.commitsBefore -= 1
                return nil
            }
            return state.cut.take()
        }
    }
}

import Glibc
import NIOCore

/// Who is at the other end, as the kernel knows it (`SO_PEERCRED`), at the time of connecting.
public struct PeerCredentials: Sendable, Hashable {
    /// The process.
    public var pid: Int32
    /// The effective user.
    public var uid: UInt32
    /// The effective group.
    public var gid: UInt32

    /// Credentials of these numbers.
    public init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    // The members in this order are the layout of the kernel's `struct ucred`.
    static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }
}

import Glibc
import Host
import Planning
import Varlink

/// Who may do what. Being able to connect is not being allowed: every method asks.
struct Access: Sendable {
    /// What a method needs.
    enum Right: String, Sendable, CaseIterable {
        /// Looking. Everybody whom the socket's mode and group let in.
        case view
        /// Queueing and cancelling: the same, since nothing unapproved is applied.
        case operate
        /// Approving and taking back: root and the daemon's own user.
        case approve
        /// Settings, pauses, decisions: root and the daemon's own user.
        case administer
    }

    /// - Throws: `Failure` `permission-denied`, naming who may.
    static func demand(_ right: Right, of peer: PeerCredentials) throws(Failure) {
        switch right {
        case .view, .operate: return
        case .approve, .administer:
            guard peer.uid == 0 || peer.uid == geteuid() else {
                let owner = PeerIdentity.own().userName
                throw Failure(
                    .permissionDenied,
                    "cannot \(right.rawValue) as \"\(PeerIdentity.of(uid: peer.uid, pid: peer.pid).userName)\": only root and \"\(owner)\" may",
                    hint: "use sudo")
            }
        }
    }

    /// The peer as a person: by the kernel's word, never by its own.
    static func person(_ peer: PeerCredentials) -> Person {
        Person(PeerIdentity.of(uid: peer.uid, pid: peer.pid, gid: peer.gid))
    }
}

extension Person {
    init(_ identity: PeerIdentity) {
        self.init(
            uid: identity.uid, userName: identity.userName, loginUID: identity.loginUID,
            machineID: identity.machineID ?? "unknown")
    }
}

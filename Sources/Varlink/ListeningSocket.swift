/// Where a server listens.
public enum ListeningSocket: Sendable, Equatable {
    /// A path that the server binds, with this mode and (if given) this group before anybody can connect. A socket
    /// that nobody listens on any more is replaced, one that is alive is not. Unlinked when the server ends.
    case path(String, mode: UInt16, group: UInt32?)
    /// A socket that is bound and listens already, as systemd hands it over. Never unlinked.
    case descriptor(Int32)
}

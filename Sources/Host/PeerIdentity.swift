import Glibc

/// Who is at the other end of a socket, by the kernel's word and this machine's user database.
public struct PeerIdentity: Sendable, Hashable, Codable {
    /// The user's number.
    public var uid: UInt32
    /// The user's name; the number as text where the user database knows none.
    public var userName: String
    /// The user who logged in, which `sudo` and `su` do not change; nil for services.
    public var loginUID: UInt32?
    /// This machine: numbers of users mean nothing on another one.
    public var machineID: String?
    /// The names of the groups that the user is in, sorted; numbers as text where there is no name.
    public var groups: [String]

    /// Makes an identity from its parts.
    public init(uid: UInt32, userName: String, loginUID: UInt32? = nil, machineID: String? = nil, groups: [String] = [])
    {
        self.uid = uid
        self.userName = userName
        self.loginUID = loginUID
        self.machineID = machineID
        self.groups = groups
    }

    /// Whether this is root.
    public var isRoot: Bool { uid == 0 }

    /// Looks up what this machine knows of a peer.
    ///
    /// - Parameters:
    ///   - uid: The user, as the kernel told.
    ///   - pid: The peer's process; where it has ended meanwhile, the login is unknown.
    ///   - gid: The peer's group, as the kernel told; counts even where the user database does not say so.
    public static func of(uid: UInt32, pid: Int32, gid: UInt32? = nil) -> PeerIdentity {
        let account = SystemAccount.withUID(uid)
        var groups: Set<UInt32> = []
        if let gid { groups.insert(gid) }
        if let account { groups.formUnion(groupNumbers(of: account)) }
        return PeerIdentity(
            uid: uid, userName: account?.name ?? "\(uid)", loginUID: loginUID(of: pid), machineID: machineID(),
            groups: groups.map { groupName($0) ?? "\($0)" }.sorted())
    }

    /// The identity of this process's own user.
    public static func own() -> PeerIdentity { of(uid: geteuid(), pid: getpid(), gid: getegid()) }

    /// This machine's lasting id, where it has one.
    public static func machineID(path: String = "/etc/machine-id") -> String? {
        guard let text = try? TextFiles.readText(path, limit: 4096) else { return nil }
        let id = text.prefix { !$0.isWhitespace }
        return id.utf8.count == 32 && id.allSatisfy { $0.isHexDigit } ? String(id) : nil
    }

    static func loginUID(of pid: Int32) -> UInt32? {
        guard pid > 0, let text = try? TextFiles.readText("/proc/\(pid)/loginuid", limit: 64) else { return nil }
        // The kernel says -1, as an unsigned number, of a process that no login led to.
        guard let uid = UInt32(text.prefix { $0.isNumber }), uid != .max else { return nil }
        return uid
    }

    private static func groupNumbers(of account: SystemAccount) -> [UInt32] {
        var count: Int32 = 64
        while count <= 65536 {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let room = count
            if getgrouplist(account.name, account.gid, &groups, &count) >= 0 { return Array(groups[..<Int(count)]) }
            count = max(count, room * 2)
        }
        return [account.gid]
    }

    private static func groupName(_ gid: UInt32) -> String? {
        var entry = group()
        var result: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 4096)
        // A group's entry holds all its members' names.
        while buffer.count <= 1 << 20 {
            let code = getgrgid_r(gid, &entry, &buffer, buffer.count, &result)
            if code == ERANGE {
                buffer = [CChar](repeating: 0, count: buffer.count * 4)
                continue
            }
            guard code == 0, result != nil, let name = entry.gr_name else { return nil }
            return String(cString: name)
        }
        return nil
    }
}

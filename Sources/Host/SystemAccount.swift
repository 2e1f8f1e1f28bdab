import Glibc

/// A user of this machine, as programs are run by one.
public struct SystemAccount: Sendable, Equatable {
    /// The user's name.
    public var name: String
    /// The user's number.
    public var uid: UInt32
    /// The number of the user's own group.
    public var gid: UInt32

    /// Makes an account from what is known of it.
    public init(name: String, uid: UInt32, gid: UInt32) {
        self.name = name
        self.uid = uid
        self.gid = gid
    }

    /// The user of that name, if there is one.
    public static func named(_ name: String) -> SystemAccount? {
        lookUp { entry, buffer, size, result in getpwnam_r(name, entry, buffer, size, result) }
    }

    /// The user with that number, if there is one.
    public static func withUID(_ uid: UInt32) -> SystemAccount? {
        lookUp { entry, buffer, size, result in getpwuid_r(uid, entry, buffer, size, result) }
    }

    /// Whether this process runs as root.
    public static var isRoot: Bool { geteuid() == 0 }

    /// Whom PostgreSQL's server runs as when this process is root, which it refuses: "postgres", else "nobody".
    public static var forClusters: SystemAccount? { named("postgres") ?? named("nobody") }

    /// The first directory on the way to `path`, that one included, through which the user cannot pass.
    public func firstClosed(onTheWayTo path: String) -> String? {
        var place = "/"
        for name in FilePaths.absolute(path).split(separator: "/") {
            place = FilePaths.join(place, String(name))
            var status = stat()
            guard stat(place, &status) == 0 else { return nil }
            let needed = status.st_uid == uid ? S_IXUSR : status.st_gid == gid ? S_IXGRP : S_IXOTH
            if status.st_mode & needed == 0 { return place }
        }
        return nil
    }

    private static func lookUp(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> SystemAccount? {
        var entry = passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        while true {
            let size = buffer.count
            let code = buffer.withUnsafeMutableBufferPointer { call(&entry, $0.baseAddress!, size, &result) }
            if code == ERANGE && size < 1 << 20 {
                buffer = [CChar](repeating: 0, count: size * 4)
                continue
            }
            guard code == 0, result != nil, let name = entry.pw_name else { return nil }
            return SystemAccount(name: String(cString: name), uid: entry.pw_uid, gid: entry.pw_gid)
        }
    }
}

import CSystemd
import Glibc

/// Sockets that the service manager listens on for us.
public enum ActivatedSockets {
    /// Takes the sockets that were handed over, by their names (`FileDescriptorName=`; "unknown" without one).
    ///
    /// They are ours from then on: children do not get them, and the environment does not name them any more, so that
    /// a second call finds none. Of several with one name, the second is called `name-2`, and so on.
    public static func take() -> [String: Int32] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count > 0 else { return [:] }
        var sockets: [String: Int32] = [:]
        for index in 0..<Int(count) {
            var name = "unknown"
            if let pointer = names?[index] {
                name = String(cString: pointer)
                free(pointer)
            }
            var unique = name
            var number = 2
            while sockets[unique] != nil {
                unique = "\(name)-\(number)"
                number += 1
            }
            sockets[unique] = 3 + Int32(index)
        }
        free(names)
        return sockets
    }
}

import Glibc

/// A Python with PyPI's `varlink`, on this host and on the machines.
enum PythonEnvironment {
    /// Where it is on this host: that of the interpreter which `VARLINK_PYTHON` names, or the one that `make python` makes.
    static let directory: String? = {
        let named = getenv("VARLINK_PYTHON").map { directory(of: String(cString: $0)) }
        return [named, MachineImage.root + "/.build/python"].compactMap { $0 }
            .first { access($0 + "/bin/python3", X_OK) == 0 }
    }()

    /// Where the machines have it: what is below /tmp or /root here is not to be seen there.
    static let place = "/usr/lib/varlink-python"

    /// The interpreter on the machines.
    static let interpreter = place + "/bin/python3"

    private static func directory(of interpreter: String) -> String {
        interpreter.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    }
}

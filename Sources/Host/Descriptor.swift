import Faults
import Glibc
import Liveness

/// An open file that is closed with its value's end.
struct Descriptor: ~Copyable {
    let raw: Int32

    init(adopting raw: Int32) { self.raw = raw }

    /// Opens `path`; close-on-exec is always set.
    init(open path: String, _ flags: Int32, mode: mode_t = 0, for action: String) throws(FileError) {
        let raw = Self.retrying { Glibc.open(path, flags | O_CLOEXEC, mode) }
        guard raw >= 0 else { throw FileError(action, path) }
        self.raw = raw
    }

    deinit { close(raw) }

    /// What the system knows of the open file.
    func status(of path: String, for action: String) throws(FileError) -> stat {
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw FileError(action, path) }
        return status
    }

    /// Writes all of `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Self.retrying { Glibc.write(raw, rest.baseAddress, rest.count) }
            guard count >= 0 else { throw FileError("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Makes what was written survive a crash of the machine.
    func synchronise(_ path: String) throws(FileError) {
        FaultPoint.pass("before the fsync of \(path)")
        guard Vigil.blocking({ Self.retrying { fsync(raw) } }) == 0 else { throw FileError("synchronise", path) }
    }

    /// Calls again when a signal came between.
    static func retrying<Number: SignedInteger>(_ call: () -> Number) -> Number {
        while true {
            let result = call()
            if result == -1 && errno == EINTR { continue }
            return result
        }
    }
}

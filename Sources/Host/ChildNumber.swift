import Synchronization

/// The number of a process that is yet to be started.
final class ChildNumber: Sendable {
    private let number = Mutex<Int32?>(nil)

    var value: Int32? { number.withLock { $0 } }

    func set(_ pid: Int32) { number.withLock { $0 = pid } }
}

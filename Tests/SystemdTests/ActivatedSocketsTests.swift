import Glibc
import Systemd
import Testing

@Suite(.timeLimit(.minutes(15))) struct ActivatedSocketsTests {
    @Test func takesWhatWasHandedOverByName() async {
        await #expect(processExitsWith: .success) {
            // The service manager's descriptors begin with 3, where this process may have something of its own.
            for wanted in Int32(3)...6 where fcntl(wanted, F_GETFD) < 0 { dup2(open("/dev/null", O_RDONLY), wanted) }
            for number in Int32(3)...6 { _ = fcntl(number, F_SETFD, 0) }
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "4", 1)
            setenv("LISTEN_FDNAMES", "control:metrics:control:unknown", 1)
            let sockets = ActivatedSockets.take()
            #expect(sockets == ["control": 3, "metrics": 4, "control-2": 5, "unknown": 6])
            for number in sockets.values { #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0) }
            #expect(getenv("LISTEN_FDS") == nil)
            #expect(ActivatedSockets.take().isEmpty)
        }
    }

    @Test func leavesAlonesWhatIsForAnotherProcess() async {
        await #expect(processExitsWith: .success) {
            setenv("LISTEN_PID", "1", 1)
            setenv("LISTEN_FDS", "1", 1)
            #expect(ActivatedSockets.take().isEmpty)
        }
    }
}

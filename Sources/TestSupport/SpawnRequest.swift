import Dispatch
import Glibc
import Synchronization

/// Starts programs from one thread that never ends: a parent-death signal fires when the *thread* that started the child
/// ends.
enum SpawningThread {
    private static let jobs = Mutex<[@Sendable () -> Void]>([])
    private static let available = DispatchSemaphore(value: 0)
    private static let start: Void = {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                // As nice as we were started: the dispatch library's threads, one of which starts this one, are not.
                let process = __priority_which_t(PRIO_PROCESS.rawValue)
                setpriority(process, 0, getpriority(process, id_t(getpid())))
                while true {
                    SpawningThread.available.wait()
                    SpawningThread.jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }?()
                }
            }, nil)
    }()

    static func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        _ = start
        return await withCheckedContinuation { continuation in
            jobs.withLock { $0.append { continuation.resume(returning: body()) } }
            available.signal()
        }
    }
}

/// Two connected descriptors that no child program inherits: `pipe` can only be told afterwards, which is too late for a
/// child that another thread starts in between.
func channel() -> [Int32]? {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    return socketpair(AF_UNIX, kind, 0, &ends) == 0 ? ends : nil
}

/// A program that is to be started.
struct SpawnRequest: Sendable {
    var arguments: [String]
    var workingDirectory: String
    /// Added to what every child gets.
    var environment: [String: String] = [:]
    /// The child's descriptors and which of ours they are; without one for 0 it reads nothing.
    var descriptors: [Int32: Int32]

    private static let variables = ["PATH": path, "LC_ALL": "C", "TZ": "UTC"].merging(sanitizers) { own, _ in own }

    /// What instrumented programs are told, each for itself.
    private static let sanitizers = Dictionary(
        uniqueKeysWithValues: ["TSAN_OPTIONS", "ASAN_OPTIONS"].compactMap { (name: String) in
            getenv(name).map { (name, String(cString: $0)) }
        })

    /// The programs of the server that the tests are to run with are to be found as well.
    private static let path: String = {
        let usual = "/usr/sbin:/usr/bin:/sbin:/bin"
        return getenv("MIGRATED_TEST_POSTGRES_BIN").map { "\(String(cString: $0)):\(usual)" } ?? usual
    }()

    /// Starts it, in a session of its own: the terminal's Ctrl-C is not for it.
    func spawn() -> Result<pid_t, TestClusterError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if descriptors[0] == nil { posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) }
        for (number, own) in descriptors.sorted(by: { $0.key < $1.key }) {
            posix_spawn_file_actions_adddup2(&actions, own, number)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // No signal is blocked or ignored, whatever this thread does.
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let words = ["/usr/bin/env", "-C", workingDirectory, "setsid"] + arguments
        let variables = Self.variables.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer {
            for text in argv + environment { free(text) }
        }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, words[0], &actions, &attributes, &argv, &environment)
        guard status == 0 else {
            return .failure(
                TestClusterError("cannot start \(arguments[0]): \(String(cString: strerror(status)))"))
        }
        return .success(pid)
    }
}

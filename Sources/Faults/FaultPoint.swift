import Glibc
import Synchronization

/// A numbered moment at which a test can have the program killed, as a power failure would end it.
///
/// Where something lasting is about to happen or has just happened, the code passes a point: a command to the server, a
/// file's new name, a program's start, an answer. `MIGRATED_FAULT_POINT=17` in the environment arms the seventeenth, with
/// `MIGRATED_FAULT_PLACES=word,another` the seventeenth of those whose place has one of these words in it; nothing documents
/// that to users and nothing sets it by itself. Not armed, a point costs one comparison.
public enum FaultPoint {
    private static let armed = getenv("MIGRATED_FAULT_POINT").flatMap { Int(String(cString: $0)) } ?? 0
    private static let places = getenv("MIGRATED_FAULT_PLACES").map { words in
        String(cString: words).split(separator: ",").map(String.init)
    }
    private static let passed = Atomic(0)

    /// Passes the next point, or ends the whole process group at it.
    public static func pass(_ place: @autoclosure () -> String) {
        guard armed > 0 else { return }
        let place = place()
        if let places, !places.contains(where: place.contains) { return }
        guard passed.add(1, ordering: .relaxed).newValue == armed else { return }
        let words = Array("fault point \(armed): \(place)\n".utf8)
        _ = write(STDERR_FILENO, words, words.count)
        kill(0, SIGKILL)
    }
    private static let hung: (loop: String, file: String)? = getenv("MIGRATED_HANG").flatMap {
        let parts = String(cString: $0).split(separator: ":", maxSplits: 1).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    private static let isHanging = Atomic(false)

    /// Hangs where a test wants to see who notices: `MIGRATED_HANG=LOOP:FILE` blocks that loop for as long as there is the
    /// file. Not set, it costs one comparison.
    public static func hang(_ loop: String) {
        guard let hung, hung.loop == loop, access(hung.file, F_OK) == 0 else { return }
        // One of that name only: where all threads are held up, nobody is left to notice.
        guard !isHanging.exchange(true, ordering: .relaxed) else { return }
        defer { isHanging.store(false, ordering: .relaxed) }
        while access(hung.file, F_OK) == 0 { usleep(20_000) }
    }
}

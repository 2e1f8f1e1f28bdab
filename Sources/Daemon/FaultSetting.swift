import Engine
import Glibc
import Planning

/// A hidden setting for tests: `MIGRATED_KILL_ON_ENTRY=applying` ends the program by SIGKILL right after that state was
/// written, as a power failure would. Nothing documents it to users, and nothing sets it by itself.
enum FaultSetting {
    static func plan() -> FaultPlan {
        guard let name = getenv("MIGRATED_KILL_ON_ENTRY"), let state = JobState(rawValue: String(cString: name)) else {
            return FaultPlan()
        }
        return FaultPlan { if $0 == state { kill(getpid(), SIGKILL) } }
    }
}

import CLinux
import Glibc

/// The memory of this program that is in the machine's.
public enum ResidentMemory {
    /// Gives back what start-up or a job has left behind: what was freed between what is still in use (`malloc_trim(3)`),
    /// and the code of programs and libraries, which comes back from the page cache as it is needed (`madvise(2)`,
    /// MADV_DONTNEED).
    public static func giveBack() {
        _ = malloc_trim(0)
        guard let maps = try? TextFiles.readText("/proc/self/maps") else { return }
        for line in maps.split(separator: "\n") {
            guard let range = code(line) else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), Int(range.count), MADV_DONTNEED)
        }
    }

    /// The addresses of a line of `/proc/self/maps` (`proc(5)`), where it maps the code of a file. Nothing else is safe: what
    /// may only be read may have been written before, by the loader.
    static func code(_ line: Substring) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard fields.count == 6, fields[1] == "r-xp", fields[5].contains("/") else { return nil }
        let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
}

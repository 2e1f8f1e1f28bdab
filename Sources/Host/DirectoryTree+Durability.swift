import CLinux
import Dispatch
import Glibc
import Liveness
import Synchronization

extension DirectoryTree {
    /// How many files are waited for at once: a commit of the file system's journal serves all that wait for it.
    private static let width = 8

    /// Makes everything in `directory` and below, its own name included, survive a crash of the machine.
    public static func synchronise(_ directory: String) throws(FileError) {
        var (files, directories): ([String], [String]) = ([], [])
        try walk(directory, prefix: "") { (_, path, status) throws(FileError) in
            switch status.st_mode & S_IFMT {
            case S_IFREG: files.append(path)
            case S_IFDIR: directories.append(path)
            default: break
            }
        }
        // All of them are under way before one is waited for.
        for path in files {
            let file = try Descriptor(open: path, O_RDONLY | O_NOFOLLOW, for: "synchronise")
            _ = linux_begin_writeback(file.raw)
        }
        try synchroniseSideBySide(files)
        for path in directories { try AtomicFile.synchroniseDirectory(path) }
        try AtomicFile.synchroniseDirectory(directory)
        try AtomicFile.synchroniseDirectory(FilePaths.split(directory).parent)
    }

    /// The same beside other work: who waits for the disk are threads of its own.
    public static func synchroniseAside(_ directory: String) async throws(FileError) {
        try await aside { () throws(FileError) in try synchronise(directory) }
    }

    /// Removes a directory with all that is in it, or a file, beside other work: of hundreds of thousands of files that takes
    /// a while. What is not there is removed already.
    public static func removeAside(_ path: String) async throws(FileError) {
        try await aside { () throws(FileError) in try remove(path) }
    }

    /// Does what waits for a disk on a thread of its own.
    private static func aside(_ body: @escaping @Sendable () throws(FileError) -> Void) async throws(FileError) {
        let result = await Vigil.waiting {
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "Host.disk").async { continuation.resume(returning: Result(catching: body)) }
            }
        }
        try result.get()
    }

    private static func synchroniseSideBySide(_ files: [String]) throws(FileError) {
        let failure = Mutex<FileError?>(nil)
        let next = Atomic(0)
        let work: @Sendable () -> Void = {
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < files.count, failure.withLock({ $0 == nil }) else { return }
                do throws(FileError) {
                    let file = try Descriptor(open: files[index], O_RDONLY | O_NOFOLLOW, for: "synchronise")
                    try file.synchronise(files[index])
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        let group = DispatchGroup()
        // A queue each, or they would be as many as the processor has cores.
        for _ in 0..<min(width, files.count) { DispatchQueue(label: "Host.disk").async(group: group, execute: work) }
        Vigil.blocking { group.wait() }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

import Faults
import Glibc

/// Files that appear whole or not at all, and stay after a crash of the machine.
public enum AtomicFile {
    /// Replaces the file at `path` by one with these bytes: written beside it, synchronised, renamed over it.
    ///
    /// The mode is what it is, whatever the process's umask says.
    public static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(FileError) {
        let (parent, name) = FilePaths.split(path)
        let temporary = FilePaths.join(parent, ".\(name).\(FilePaths.uniqueSuffix())")
        do throws(FileError) {
            // Closed before it is renamed: to whoever watches the directory, the new file is one event.
            try create(temporary, bytes, mode: mode_t(mode))
            FaultPoint.pass("before the rename to \(name)")
            guard Glibc.rename(temporary, path) == 0 else { throw FileError("write", path) }
            FaultPoint.pass("renamed to \(name)")
        } catch {
            unlink(temporary)
            // The temporary name means nothing to whoever reads the message.
            throw FileError("write", path, reason: error.reason, code: error.code, hint: error.hint)
        }
        try synchroniseDirectory(parent)
    }

    /// Makes a new file at `path` with this text, and never replaces one that is there.
    ///
    /// - Throws: `FileError` with `alreadyExists` where something has the name.
    public static func writeNew(_ path: String, text: String, mode: UInt32 = 0o644) throws(FileError) {
        let (parent, name) = FilePaths.split(path)
        let temporary = FilePaths.join(parent, ".\(name).\(FilePaths.uniqueSuffix())")
        defer { unlink(temporary) }
        do throws(FileError) {
            try create(temporary, Array(text.utf8), mode: mode_t(mode))
            // Unlike a rename, a link takes no name that is in use, whoever took it just now.
            FaultPoint.pass("before the link \(name)")
            guard link(temporary, path) == 0 else { throw FileError("write", path) }
            FaultPoint.pass("linked as \(name)")
        } catch {
            throw FileError("write", path, reason: error.reason, code: error.code, hint: error.hint)
        }
        try synchroniseDirectory(parent)
    }

    private static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(FileError) {
        let file = try Descriptor(open: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode, for: "write")
        guard fchmod(file.raw, mode) == 0 else { throw FileError("write", path) }
        try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in
            try file.write(UnsafeRawBufferPointer(buffer), to: path)
        }
        try file.synchronise(path)
    }

    /// Replaces the file at `path` by one with this text.
    public static func write(_ path: String, text: String, mode: UInt32 = 0o600) throws(FileError) {
        try write(path, Array(text.utf8), mode: mode)
    }

    /// Gives a file or directory its final name and makes the new name survive a crash of the machine.
    ///
    /// What stands at `destination` already is never replaced.
    public static func publish(_ source: String, as destination: String) throws(FileError) {
        // RENAME_NOREPLACE (1) is behind _GNU_SOURCE, and so is renameat2.
        guard !FilePaths.entryExists(destination) else { throw FileError("create", destination, code: EEXIST) }
        FaultPoint.pass("before publishing \(destination)")
        guard Glibc.rename(source, destination) == 0 else { throw FileError("create", destination) }
        FaultPoint.pass("published \(destination)")
        try synchroniseDirectory(FilePaths.split(destination).parent)
        let from = FilePaths.split(source).parent
        if from != FilePaths.split(destination).parent { try synchroniseDirectory(from) }
    }

    /// Removes the file at `path`, and makes that survive a crash; one that is missing is none.
    public static func remove(_ path: String) throws(FileError) {
        FaultPoint.pass("before removing \(path)")
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        try synchroniseDirectory(FilePaths.split(path).parent)
    }

    /// Makes the names in a directory survive a crash of the machine.
    public static func synchroniseDirectory(_ path: String) throws(FileError) {
        let directory = try Descriptor(open: path, O_RDONLY | O_DIRECTORY, for: "synchronise")
        try directory.synchronise(path)
    }
}

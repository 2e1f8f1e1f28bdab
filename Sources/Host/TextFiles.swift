import Glibc

/// Files that are read whole, never more of them than was bargained for.
public enum TextFiles {
    /// The most that is read when the caller names no bound: 16 MiB.
    public static let defaultLimit = 16 << 20

    /// All bytes of the regular file at `path`; a longer one than `limit` is an error, and so is a pipe or a device.
    public static func readBytes(_ path: String, limit: Int = defaultLimit) throws(FileError) -> [UInt8] {
        // Opening a pipe must not wait for somebody to write into it.
        let file = try Descriptor(open: path, O_RDONLY | O_NONBLOCK, for: "read")
        let status = try file.status(of: path, for: "read")
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileError("read", path, code: EISDIR)
        default: throw FileError("read", path, reason: "not a regular file")
        }
        let tooLong = FileError("read", path, reason: "it is longer than \(limit) bytes")
        guard status.st_size <= limit else { throw tooLong }
        // Files of /proc say that they are empty: the size is only a first guess.
        var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size), 4095) + 1)
        var length = 0
        while true {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Descriptor.retrying { read(file.raw, buffer.baseAddress! + length, buffer.count - length) }
            }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { break }
            length += count
            guard length <= limit else { throw tooLong }
            if length == bytes.count { bytes.append(contentsOf: repeatElement(0, count: bytes.count)) }
        }
        bytes.removeLast(bytes.count - length)
        return bytes
    }

    /// The text of the file at `path`, which must be UTF-8.
    public static func readText(_ path: String, limit: Int = defaultLimit) throws(FileError) -> String {
        guard let text = String(validating: try readBytes(path, limit: limit), as: UTF8.self) else {
            throw FileError("read", path, reason: "it is not UTF-8 text", hint: "save the file as UTF-8")
        }
        return text
    }

    /// Whether a directory is at `path`, or a link that leads to one.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether something is at `path`, be it a file, a directory or anything else.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

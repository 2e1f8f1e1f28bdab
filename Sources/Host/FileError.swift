import Glibc

/// Why a file or a directory could not be read, written or removed.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, as a verb: "read", "write", "remove".
    public var action: String
    /// The file or directory that it was tried on.
    public var path: String
    /// Why it did not work, for people.
    public var reason: String
    /// The system's error number, where the system refused it.
    public var code: Int32?
    /// What to do about it.
    public var hint: String?

    /// Makes an error whose reason is our own.
    public init(_ action: String, _ path: String, reason: String, code: Int32? = nil, hint: String? = nil) {
        self.action = action
        self.path = path
        self.reason = reason
        self.code = code
        self.hint = hint ?? code.flatMap(FileError.hint)
    }

    /// Makes an error from the system's error number.
    public init(_ action: String, _ path: String, code: Int32) {
        self.init(action, path, reason: FileError.text(of: code), code: code)
    }

    /// Makes an error from the number that the last call of the system left.
    init(_ action: String, _ path: String) { self.init(action, path, code: errno) }

    /// The whole sentence, without the hint.
    public var description: String { "cannot \(action) \"\(path)\": \(reason)" }

    /// Whether there is no such file or directory.
    public var isMissing: Bool { code == ENOENT || code == ENOTDIR }

    /// Whether the name is in use.
    public var alreadyExists: Bool { code == EEXIST }

    /// Whether the disk, or the user's part of it, is full.
    public var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// The system's words for an error number, in the style of our messages.
    static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let text = buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        // "No such file", but "RPC version wrong": only a capital before a small letter is made small.
        guard let first = text.first, let second = text.dropFirst().first, second.isLowercase else { return text }
        return first.lowercased() + text.dropFirst()
    }

    private static func hint(for code: Int32) -> String? {
        switch code {
        case ENOSPC, EDQUOT: "free some space, or choose a directory on another file system"
        case EROFS: "choose a directory that can be written to"
        default: nil
        }
    }
}

import Glibc

/// Paths as texts: what can be said of them, mostly without looking at the disk.
public enum FilePaths {
    /// The directory that `path` is in ("." where it names none), and its last component.
    public static func split(_ path: String) -> (parent: String, name: String) {
        var path = path[...]
        while path.count > 1 && path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return (".", String(path)) }
        let name = String(path[path.index(after: slash)...])
        return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
    }

    /// `name` inside `directory`; an absolute `name` stands for itself.
    public static func join(_ directory: String, _ name: String) -> String {
        if name.hasPrefix("/") || directory.isEmpty { return name }
        return directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    /// `path` from the root on; a relative one starts at the working directory. Links stay as they are.
    public static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : join(workingDirectory(), path)
    }

    /// `path` from `directory` on where it is below it; otherwise as it is.
    public static func relative(_ path: String, to directory: String) -> String {
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        return path.hasPrefix(prefix) && path.count > prefix.count ? String(path.dropFirst(prefix.count)) : path
    }

    /// `path` with all links followed, or nil where something on the way does not exist.
    public static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// The process's working directory.
    public static func workingDirectory() -> String {
        guard let pointer = getcwd(nil, 0) else { return "/" }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Whether there is an entry of that name, even a link that leads nowhere.
    static func entryExists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Where the link at `path` leads, as written in it, or nil where it is none.
    static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Letters and digits that no other name of this machine has by chance.
    static func uniqueSuffix() -> String {
        String(UInt64.random(in: .min ... .max), radix: 36)
    }
}

import Glibc

/// Directories as a whole: what is in them, how large they are, making and removing them.
public enum DirectoryTree {
    /// A file of a tree.
    public struct File: Sendable, Hashable {
        /// The path from the tree's root on, without a leading slash.
        public var name: String
        /// The path that opens it.
        public var path: String
        /// Its length in bytes.
        public var size: Int64
    }

    /// The revision files in `directory`, and below it where that is wanted, sorted by their names' bytes.
    ///
    /// They are files whose name ends in ".sql"; hidden ones and what editors leave beside a file are not. A link to
    /// a file counts as that file: deploys are made of links. Links to directories below are not followed.
    public static func revisionFiles(in directory: String, recursively: Bool = false) throws(FileError) -> [File] {
        var files: [File] = []
        for name in try entries(of: directory) where isRevisionFileName(name) {
            let path = FilePaths.join(directory, name)
            var status = stat()
            // One that was removed since, or a link that leads nowhere, is no file.
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            files.append(File(name: name, path: path, size: Int64(status.st_size)))
        }
        guard recursively else { return files }
        for branch in try branches(of: directory) {
            let prefix = FilePaths.split(branch).name
            files += try revisionFiles(in: branch, recursively: true).map {
                File(name: FilePaths.join(prefix, $0.name), path: $0.path, size: $0.size)
            }
        }
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The directories directly in `directory` that may hold revision files. Hidden ones and links are none.
    static func branches(of directory: String) throws(FileError) -> [String] {
        try entries(of: directory).filter { !$0.hasPrefix(".") }.map { FilePaths.join(directory, $0) }.filter { path in
            var status = stat()
            return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
    }

    /// Whether a file of that name is a revision file, by its name alone.
    public static func isRevisionFileName(_ name: String) -> Bool {
        guard name.utf8.count > 4, name.hasSuffix(".sql") else { return false }
        // ".#x.sql" and "#x.sql" are Emacs's, "._x.sql" macOS's, "~x.sql" and "x.sql~" backups.
        return !name.hasPrefix(".") && !name.hasPrefix("#") && !name.hasPrefix("~")
    }

    /// All regular files in `directory` and below, sorted by their names' bytes. Links are not followed.
    public static func files(in directory: String) throws(FileError) -> [File] {
        var files: [File] = []
        try walk(directory, prefix: "") { (name, path, status) throws(FileError) in
            guard status.st_mode & S_IFMT == S_IFREG else { return }
            files.append(File(name: name, path: path, size: Int64(status.st_size)))
        }
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The bytes of all regular files in `directory` and below.
    public static func size(of directory: String) throws(FileError) -> Int64 {
        try files(in: directory).reduce(0) { $0 + $1.size }
    }

    /// Whether a directory, or a link to one, is at `path`.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes `path` and what is missing above it; existing directories stay as they are.
    public static func make(_ path: String, mode: UInt32 = 0o700) throws(FileError) {
        if Glibc.mkdir(path, mode_t(mode)) == 0 {
            // What the umask took away is given back: the caller has said what it wants.
            guard chmod(path, mode_t(mode)) == 0 else { throw FileError("create", path) }
            return
        }
        let code = errno
        let parent = FilePaths.split(path).parent
        if code == ENOENT && parent != path {
            try make(parent, mode: mode)
            return try make(path, mode: mode)
        }
        var status = stat()
        guard code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw FileError("create", path, code: code)
        }
    }

    /// Makes what `make` does, so that also the user who serves root's clusters can pass, who has to reach what is in it.
    public static func makePassable(_ path: String) throws(FileError) {
        try make(path, mode: SystemAccount.isRoot ? 0o711 : 0o700)
    }

    /// Makes a new, private directory in `parent` whose name begins with `prefix`.
    public static func makeTemporary(in parent: String, prefix: String) throws(FileError) -> String {
        let path = FilePaths.join(parent, "\(prefix)\(FilePaths.uniqueSuffix())")
        guard Glibc.mkdir(path, 0o700) == 0 else { throw FileError("create", path) }
        return path
    }

    /// Takes every right of group and others away, in `directory` and below.
    public static func makePrivate(_ directory: String) throws(FileError) {
        try walk(directory, prefix: "") { (_, path, status) throws(FileError) in
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFREG || kind == S_IFDIR, status.st_mode & 0o077 != 0 else { return }
            // One that is removed meanwhile, as what is packed of a dump, needs no protection.
            guard chmod(path, status.st_mode & 0o700) == 0 || errno == ENOENT else { throw FileError("protect", path) }
        }
        guard chmod(directory, 0o700) == 0 else { throw FileError("protect", directory) }
    }

    /// Lets everybody read what is in `directory` and below.
    static func makeReadable(_ directory: String) throws(FileError) {
        try walk(directory, prefix: "") { (_, path, status) throws(FileError) in
            let mode: mode_t = status.st_mode & S_IFMT == S_IFDIR ? 0o755 : 0o644
            guard chmod(path, mode) == 0 else { throw FileError("open", path) }
        }
        guard chmod(directory, 0o755) == 0 else { throw FileError("open", directory) }
    }

    /// Removes `directory` with all that is in it; one that is missing is none. Links are removed, not followed.
    public static func remove(_ directory: String) throws(FileError) {
        var status = stat()
        guard lstat(directory, &status) == 0 else {
            if errno == ENOENT { return }
            throw FileError("remove", directory)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try entries(of: directory, for: "remove") {
                try remove(FilePaths.join(directory, name))
            }
            guard rmdir(directory) == 0 || errno == ENOENT else { throw FileError("remove", directory) }
        } else {
            guard unlink(directory) == 0 || errno == ENOENT else { throw FileError("remove", directory) }
        }
    }

    /// Copies `directory`, what is in it of files and directories, to `destination`, which is not there yet: for `account`, or
    /// else for us, and for nobody else.
    static func copy(_ directory: String, to destination: String, for account: SystemAccount?) throws(FileError) {
        guard Glibc.mkdir(destination, 0o700) == 0 else { throw FileError("create", destination) }
        for name in try entries(of: directory) {
            let (source, target) = (FilePaths.join(directory, name), FilePaths.join(destination, name))
            var status = stat()
            guard lstat(source, &status) == 0 else { throw FileError("read", source) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try copy(source, to: target, for: account)
            case S_IFREG: try copyFile(source, to: target, for: account)
            default: throw FileError("copy", source, reason: "it is neither a file nor a directory")
            }
        }
        guard account.map({ chown(destination, $0.uid, $0.gid) == 0 }) ?? true else {
            throw FileError("give away", destination)
        }
    }

    private static func copyFile(_ source: String, to target: String, for account: SystemAccount?) throws(FileError) {
        let input = try Descriptor(open: source, O_RDONLY | O_NOFOLLOW, for: "read")
        let output = try Descriptor(open: target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, for: "create")
        while true {
            let count = Descriptor.retrying { sendfile(output.raw, input.raw, nil, 1 << 30) }
            if count == 0 { break }
            guard count > 0 else { throw FileError("write", target) }
        }
        guard account.map({ fchown(output.raw, $0.uid, $0.gid) == 0 }) ?? true else {
            throw FileError("give away", target)
        }
    }

    /// The names in a directory without "." and "..", sorted by their bytes.
    public static func entries(of directory: String) throws(FileError) -> [String] {
        try entries(of: directory, for: "read")
    }

    private static func entries(of directory: String, for action: String) throws(FileError) -> [String] {
        guard let stream = opendir(directory) else { throw FileError(action, directory) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileError(action, directory) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Visits all that is below `directory`, what is in a directory before the directory itself.
    static func walk(
        _ directory: String, prefix: String, _ visit: (String, String, stat) throws(FileError) -> Void
    ) throws(FileError) {
        for entry in try entries(of: directory, for: "read") {
            let path = FilePaths.join(directory, entry)
            let name = prefix.isEmpty ? entry : prefix + "/" + entry
            var status = stat()
            guard lstat(path, &status) == 0 else {
                if errno == ENOENT { continue }
                throw FileError("read", path)
            }
            if status.st_mode & S_IFMT == S_IFDIR { try walk(path, prefix: name, visit) }
            try visit(name, path, status)
        }
    }
}

import Glibc

/// Files as a test lays them out, whole or not at all, and revision files with an effect that can be counted.
public enum TestFiles {
    /// Writes a file, by renaming a finished one.
    public static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw TestClusterError("cannot write \(path): \(errno)") }
        let bytes = Array(text.utf8)
        let count = Glibc.write(file, bytes, bytes.count)
        close(file)
        chmod(temporary, mode)
        guard count == bytes.count, rename(temporary, path) == 0 else {
            throw TestClusterError("cannot write \(path): \(errno)")
        }
    }

    /// Makes a directory that anybody may enter.
    public static func makeDirectory(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw TestClusterError("cannot make \(path)") }
    }

    /// The text of a file.
    public static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "re") else { throw TestClusterError("cannot read \(path): \(errno)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names in a directory, `.` and `..` left out; nothing where there is none.
    public static func names(in path: String) -> [String] {
        guard let listing = opendir(path) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            // In place: an entry is no longer than its name, and what is behind it may be no memory at all.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// A revision file for a test. Both directions leave a row in the table `effect`, which ``makeTable`` makes: how often
/// something was done is seen there, whatever any registry says.
public struct TestRevision: Sendable {
    /// Its id.
    public var id: String
    /// Its parent's; nil for a root.
    public var after: String?
    /// Whether it is applied in one transaction.
    public var isTransactional = true
    /// What it does besides.
    public var upgrade: [String] = []
    /// What its downgrade does besides; nil for none.
    public var downgrade: [String]? = []

    /// The table of effects, which the test makes and no revision touches.
    public static let makeTable =
        "CREATE TABLE effect (number bigint GENERATED ALWAYS AS IDENTITY, revision text, direction text)"

    /// A revision that makes (and drops) a table of its own.
    public init(
        _ id: String, after: String?, transactional: Bool = true, upgrade: [String] = [], downgrade: [String]? = []
    ) {
        self.id = id
        self.after = after
        isTransactional = transactional
        self.upgrade = upgrade
        self.downgrade = downgrade
    }

    /// The file's text.
    public var text: String {
        var lines = ["-- revision: \(id)", "-- down_revision: \(after ?? "none")", "-- description: makes t_\(id)"]
        if !isTransactional { lines.append("-- transaction: off") }
        lines += ["", "-- migrated: upgrade", effect("upgrade"), "CREATE TABLE t_\(id) (id int);"] + upgrade
        if let downgrade {
            lines += ["", "-- migrated: downgrade", effect("downgrade")] + downgrade + ["DROP TABLE t_\(id);"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func effect(_ direction: String) -> String {
        "INSERT INTO effect (revision, direction) VALUES ('\(id)', '\(direction)');"
    }

    /// Writes it into a directory.
    public func write(to directory: String) throws {
        try TestFiles.write("\(directory)/\(id).sql", text)
    }

    /// Revisions `001`, `002`, …, each after the one before.
    public static func chain(_ count: Int, transactional: (Int) -> Bool = { _ in true }) -> [TestRevision] {
        (1...count).map { number in
            TestRevision(
                name(number), after: number == 1 ? nil : name(number - 1), transactional: transactional(number))
        }
    }

    /// `001`, `002`, …
    public static func name(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
    }
}

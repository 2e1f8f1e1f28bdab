import FoundationEssentials
import Host
import Planning

/// What a restore is about to do, in a file of the state directory that is written before it is done: databases are made and
/// renamed outside of every transaction, and the registry is in one of them. One restore of a database runs at a time.
struct RestoreLedger: Sendable, Hashable, Codable {
    enum Step: String, Sendable, Codable {
        /// The new database is being made, under a name of its own; what is there of it is to be dropped.
        case making
        /// It is whole and is given its name; this is finished, never undone.
        case naming
        /// It has its name; its job has to say so.
        case named
    }

    var job: Int64
    var step: Step
    /// What the new database is called while it is made.
    var beside: String
    /// What it is to be called.
    var target: String
    /// What the database that has that name is to be called from then on; nil where none has it.
    var keptAs: String?
    /// Which one that is, and which one is new: names change, numbers do not.
    var oldOID: Int64?
    var newOID: Int64?

    /// The ledger in a file; nil where there is none.
    static func read(_ path: String) throws(FileError) -> RestoreLedger? {
        guard TextFiles.exists(path) else { return nil }
        let bytes = try TextFiles.readBytes(path, limit: 1 << 20)
        guard let ledger = try? JSONDecoder().decode(RestoreLedger.self, from: Data(bytes)) else {
            throw FileError(
                "read", path, reason: "it is damaged",
                hint: "see which databases there are, give them their names, and remove the file")
        }
        return ledger
    }

    /// Writes it, so that a crash of the machine does not lose it.
    func write(_ path: String) throws(FileError) {
        try DirectoryTree.make(FilePaths.split(path).parent)
        guard let bytes = try? JSONEncoder().encode(self) else {
            throw FileError("write", path, reason: "it is no text")
        }
        try AtomicFile.write(path, Array(bytes))
    }

    static func remove(_ path: String) throws(FileError) {
        guard TextFiles.exists(path) else { return }
        try AtomicFile.remove(path)
    }
}

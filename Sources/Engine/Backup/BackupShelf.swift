import FoundationEssentials
import Host
import Planning
import Revisions

/// The directory in which the backups of one database stand, each a directory of its own under its name.
struct BackupShelf: Sendable {
    let directory: String
    let database: String

    static let unfinishedPrefix = ".unfinished-"
    static let dumpName = "dump"
    static let manifestName = "manifest.json"
    static let historyName = "history.json"
    static let propertiesName = "database.json"
    static let globalsName = "globals.sql"
    /// A manifest of more bytes is not one.
    static let manifestLimit = 64 << 20

    var path: String { FilePaths.join(directory, database) }

    /// A backup as its manifest describes it, or why that cannot be read.
    struct Entry: Sendable {
        var name: String
        var path: String
        var manifest: BackupManifest?
        var problem: String?
    }

    /// Such as `main-20261122T101500Z-002_add_status`.
    func unusedName(takenAt: Timestamp, rows: [RevisionID]) -> String {
        let name = Self.name(database: database, takenAt: takenAt, rows: rows)
        let taken = (try? DirectoryTree.entries(of: path)) ?? []
        // Counted on from the highest, which is the newest and thereby never pruned: no name comes twice.
        let suffixes = taken.compactMap { other -> Int? in
            if other == name { return 1 }
            return other.hasPrefix(name + "-") ? Int(other.dropFirst(name.count + 1)) : nil
        }
        return suffixes.max().map { "\(name)-\($0 + 1)" } ?? name
    }

    private static func name(database: String, takenAt: Timestamp, rows: [RevisionID]) -> String {
        let version = rows.isEmpty ? "base" : rows.sorted().map(\.rawValue).joined(separator: "+")
        let safe = version.unicodeScalars.map { scalar in
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_+.-".unicodeScalars.contains(scalar)
                ? Character(scalar) : "_"
        }
        return "\(database)-\(takenAt.compact)-\(String(safe).prefix(100))"
    }

    /// The finished backups, newest first.
    func backups() -> [Entry] {
        let names = (try? DirectoryTree.entries(of: path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.map(entry).sorted { one, other in
            (one.manifest?.takenAt ?? Timestamp(microseconds: 0), one.name)
                > (other.manifest?.takenAt ?? Timestamp(microseconds: 0), other.name)
        }
    }

    /// The name of the newest backup that is whole, without looking at the others: names sort by time.
    func latest() -> String? {
        let names = (try? DirectoryTree.entries(of: path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted(by: >).first { entry($0).problem == nil }
    }

    private func entry(_ name: String) -> Entry {
        let place = FilePaths.join(path, name)
        var entry = Entry(name: name, path: place)
        do {
            let bytes = try TextFiles.readBytes(
                FilePaths.join(place, Self.manifestName), limit: Self.manifestLimit)
            let manifest = try JSONDecoder().decode(BackupManifest.self, from: Data(bytes))
            entry.manifest = manifest
            entry.problem = try problem(of: manifest, at: place)
        } catch let error as FileError {
            entry.problem = "\(error)"
        } catch {
            entry.problem = "cannot read its manifest: it is damaged"
        }
        return entry
    }

    /// What a look at the files' sizes shows; the hashes are for `verify`.
    private func problem(of manifest: BackupManifest, at place: String) throws -> String? {
        guard manifest.format == 1 else { return "cannot read its manifest: it is of a newer form" }
        var found: [String: Int64] = [:]
        for file in try DirectoryTree.files(in: place) {
            found[String(file.path.dropFirst(place.count + 1))] = file.size
        }
        for file in manifest.files where found[file.path] != file.size {
            return "its file \"\(file.path)\" \(found[file.path] == nil ? "is missing" : "has another size")"
        }
        return nil
    }

    /// Removes what was never finished, and what was about to become that.
    func removeUnfinished() async {
        for name in (try? DirectoryTree.entries(of: path)) ?? []
        where name.hasPrefix(Self.unfinishedPrefix) || name.hasPrefix("." + Self.unfinishedPrefix) {
            try? await DirectoryTree.removeAside(FilePaths.join(path, name))
        }
    }
}

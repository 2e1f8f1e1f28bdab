import Host
import Planning
import Revisions

/// Writes the files of new revisions: into the right directory, under the right name, never over another file.
struct RevisionWriter {
    let directories: RevisionDirectories
    let listing: RevisionListing
    let now: Timestamp

    /// What was written.
    struct Written: Encodable {
        var revision: RevisionID
        var downRevisions: [RevisionID]
        var path: String
    }

    /// Writes the file of a revision at the place that is asked for. Its sections are empty where none are given.
    func write(
        _ request: RevisionRequest, message: String?, isTransactional: Bool = true, into directory: String? = nil,
        sections: (upgrade: String, downgrade: String)? = nil
    ) throws -> Written {
        do {
            let node = try listing.graph.place(for: request)
            let created = String(now.description.prefix(19)) + "Z"
            let header = RevisionHeader(
                node, isTransactional: isTransactional, description: (message ?? "").printable, created: created)
            let format = SQLFormat()
            let path = FilePaths.join(
                try place(directory, for: node),
                format.fileName(for: header, template: directories.fileTemplate))
            let parent = FilePaths.split(path).parent
            if directories.fileTemplate.makesDirectories { try DirectoryTree.make(parent, mode: 0o755) }
            do throws(FileError) {
                let text = sections.map { format.render(header, upgrade: $0.upgrade, downgrade: $0.downgrade) }
                try AtomicFile.writeNew(path, text: text ?? format.render(header))
            } catch  where error.alreadyExists {
                throw Failure(.revisionsInvalid, "cannot write \"\(path)\": it exists", hint: "choose another --rev-id")
            } catch {
                throw Failure(error, for: path)
            }
            return Written(revision: header.id, downRevisions: header.downRevisions, path: path)
        } catch let error as RevisionError {
            throw Failure(error)
        } catch let error as FileError {
            throw Failure(error, for: error.path)
        }
    }

    /// The directory that was named; otherwise the only one, or the one in which the first parent is.
    private func place(_ named: String?, for node: RevisionNode) throws -> String {
        let places = directories.paths.map { "\"\($0)\"" }.joined(separator: ", ")
        if let named {
            guard directories.contain(named) else {
                throw Failure(
                    .usage, "cannot write into \"\(named)\": it is not one of the directories of revisions",
                    hint: "name one of \(places), or add it to \"migrations\" in the settings")
            }
            return named
        }
        if let only = directories.paths.first, directories.paths.count == 1 { return only }
        let parents = node.downRevisions.lazy.compactMap(listing.path).map { FilePaths.split($0).parent }
        if let parent = parents.first,
            let place = directories.paths.first(where: { Self.isSame(parent, $0) || Self.isBelow($0, parent) })
        {
            return place
        }
        throw Failure(
            .usage, "cannot choose a directory for revision \"\(node.id)\": there are \(directories.paths.count)",
            hint: "name one with --version-path: \(places)")
    }

    fileprivate static func isSame(_ path: String, _ other: String) -> Bool { standard(path) == standard(other) }

    fileprivate static func isBelow(_ directory: String, _ path: String) -> Bool {
        standard(path).hasPrefix(standard(directory) + "/")
    }

    /// The path with links followed where it exists, so that two names of one directory are the same.
    private static func standard(_ path: String) -> String { FilePaths.resolved(path) ?? FilePaths.absolute(path) }
}

extension RevisionDirectories {
    /// Whether revision files in this directory are looked at.
    func contain(_ directory: String) -> Bool {
        paths.contains {
            RevisionWriter.isSame($0, directory) || isRecursive && RevisionWriter.isBelow($0, directory)
        }
    }
}

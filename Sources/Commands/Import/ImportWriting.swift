import Host
import Planning
import Revisions

/// Puts imported revisions into a directory, all of them or, where together they make no sound graph, none.
struct ImportWriting {
    /// What becomes of a file.
    enum Fate: String, Encodable {
        case written
        /// It is there and says the same.
        case unchanged
        /// It is there and says something else: somebody has worked on it.
        case kept
    }

    /// An imported revision and its file.
    struct File {
        var revision: AlembicTranslation
        var path: String
        var fate: Fate
    }

    private let directory: String
    private let imported: [AlembicTranslation]
    private let present: [RevisionFile]

    init(of imported: [AlembicTranslation], into directory: String) throws(FileError) {
        self.imported = imported
        self.directory = directory
        var present: [RevisionFile] = []
        if TextFiles.exists(directory) {
            for file in try DirectoryTree.revisionFiles(in: directory) {
                present.append(RevisionFile(path: file.path, bytes: try TextFiles.readBytes(file.path)))
            }
        }
        self.present = present
    }

    /// Writes what is new, and with `force` what differs.
    func write(force: Bool) throws -> [File] {
        let headers = RevisionDirectory.outline(present).headers
        let texts = Dictionary(present.map { ($0.path, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        let files = imported.map { revision in
            guard let path = headers[revision.header.id]?.path else {
                let name = SQLFormat().fileName(for: revision.header)
                return File(revision: revision, path: FilePaths.join(directory, name), fate: .written)
            }
            let isSame = texts[path] == Array(revision.text.utf8)
            return File(revision: revision, path: path, fate: isSame ? .unchanged : force ? .written : .kept)
        }
        let written = files.filter { $0.fate == .written }
        try refuseFaults(written)
        try DirectoryTree.make(directory, mode: 0o755)
        for file in written { try AtomicFile.write(file.path, text: file.revision.text, mode: 0o644) }
        return files
    }

    /// Everything must load as a whole before anything is written.
    private func refuseFaults(_ written: [File]) throws(Failure) {
        let paths = Set(written.map(\.path))
        let files =
            present.filter { !paths.contains($0.path) }
            + written.map { RevisionFile(path: $0.path, bytes: Array($0.revision.text.utf8)) }
        let problems = RevisionDirectory.load(files).problems
        guard problems.isEmpty else {
            throw Failure(
                .revisionsInvalid,
                "cannot import into \"\(directory)\": \(Quantity.count(problems.count, "problem")), nothing was written",
                hint: "mend the project, or what is in the directory, first", notes: problems.map(\.description))
        }
    }
}

import Host

/// Which file of an archive is whose.
extension [BackupReading.File] {
    /// The data of a table in an archive.
    struct TableFile: Hashable {
        /// The table's number in the database that was dumped.
        var table: UInt32
        /// The file's path, inside the backup.
        var path: String
        var rows: Int64
    }

    /// The data of each table, from what an archive's list of contents says of its files.
    ///
    /// - Parameter contents: The lines of the list.
    /// - Throws: `FileError` where the file of a table or of a large object is not there.
    func tableFiles(in archive: String, contents: [String]) throws -> [TableFile] {
        let found = Dictionary(map { (FilePaths.split($0.hashed.path).name, $0) }) { first, _ in first }
        for object in try objects(in: archive, found.keys.filter { $0.hasPrefix("blobs") && $0.hasSuffix(".toc") })
        where found[object] == nil {
            throw FileError("read", FilePaths.join(archive, object), reason: "it is missing")
        }
        return try contents.compactMap { line in
            guard let entry = ArchiveEntry(line), entry.tableData != nil else { return nil }
            let name = "\(entry.number).dat\(FileReading.suffix)"
            guard let file = found[name], let rows = file.rows else {
                throw FileError("read", FilePaths.join(archive, name), reason: "it is missing")
            }
            return TableFile(table: entry.object, path: file.hashed.path, rows: rows)
        }
    }

    /// The same by the tables' names, which are known by their numbers: within the list nothing tells where a name ends.
    func tables(in archive: String, contents: [String], names: [UInt32: BackupSource.TableName]) throws
        -> [BackupManifest.Table]
    {
        try tableFiles(in: archive, contents: contents).map { file in
            guard let table = names[file.table] else {
                throw FileError("read", file.path, reason: "it is of a table that is not there")
            }
            return BackupManifest.Table(schema: table.schema, name: table.name, rows: file.rows, file: file.path)
        }.sorted { ($0.schema, $0.name) < ($1.schema, $1.name) }
    }

    /// The files of large objects that these lists name: a number and a file in each line.
    private func objects(in archive: String, _ lists: [String]) throws -> [String] {
        try lists.flatMap { list in
            try TextFiles.readText(FilePaths.join(archive, list), limit: 1 << 30).split(separator: "\n")
                .compactMap { $0.split(separator: " ").last.map { "\($0)\(FileReading.suffix)" } }
        }
    }
}

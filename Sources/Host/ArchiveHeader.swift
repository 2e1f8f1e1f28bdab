import Glibc

/// What stands at the beginning of an archive's table of contents (`WriteHead` in PostgreSQL's pg_backup_archiver.c): a magic
/// word, the form's version, three sizes and kinds in a byte each, then how data is packed.
enum ArchiveHeader {
    private static let magic = Array("PGDMP".utf8)
    /// How long the part is that is read.
    static let length = 16

    /// The header of an archive whose data is not packed, made to say that gzip has packed it; nil where it is none that we
    /// know.
    static func saysGzip(_ header: [UInt8]) -> [UInt8]? {
        guard header.count == length, header.starts(with: magic), header[5] == 1 else { return nil }
        var changed = header
        switch header[6] {
        // 12 to 15: zlib's level, as a sign and a number whose length is in the header, its lowest byte first.
        case 14 where header[8] == 4 && header[11...15].allSatisfy { $0 == 0 }: changed[12] = 1
        // From 16 on: an algorithm by its number.
        case 15...16 where header[11] == 0: changed[11] = 1
        default: return nil
        }
        return changed
    }
}

extension PostgresTools {
    /// Notes in the table of contents of an archive in the directory format that gzip has packed its data, as it stands there
    /// where pg_dump has done so itself.
    ///
    /// Without that, `pg_restore` finds the files all the same, as its manual says, but does not look how large they are, and
    /// with several jobs begins with any table instead of the largest. So nothing is said where the archive is of a form that
    /// we do not know.
    public static func noteGzip(in archive: String) throws(FileError) {
        let path = FilePaths.join(archive, "toc.dat")
        let file = try Descriptor(open: path, O_RDWR | O_NOFOLLOW, for: "write")
        var header = [UInt8](repeating: 0, count: ArchiveHeader.length)
        let count = Descriptor.retrying { pread(file.raw, &header, header.count, 0) }
        guard count >= 0 else { throw FileError("read", path) }
        guard count == header.count, let changed = ArchiveHeader.saysGzip(header) else { return }
        guard Descriptor.retrying({ pwrite(file.raw, changed, changed.count, 0) }) == changed.count else {
            throw FileError("write", path)
        }
    }
}

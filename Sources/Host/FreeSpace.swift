import Glibc

/// How much room a file system has.
public enum FreeSpace {
    /// The bytes that this user may still write where `path` is; of a path that is missing, its nearest ancestor counts.
    public static func available(_ path: String) throws(FileError) -> Int64 {
        var nearest = FilePaths.absolute(path)
        while nearest != "/" && !TextFiles.exists(nearest) { nearest = FilePaths.split(nearest).parent }
        var status = statvfs()
        guard statvfs(nearest, &status) == 0 else { throw FileError("measure free space of", path) }
        // The block count is what users other than root may have; root's reserve is left alone on purpose.
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }
}

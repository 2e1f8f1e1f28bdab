import Glibc

/// A small disk of a test's own, in memory.
public enum SmallDisk {
    /// Why none can be mounted here; nil where one can. In continuous integration root has to be able to: a test that is skipped
    /// there would be missed by nobody.
    public static let obstacle: String? = {
        guard geteuid() == 0 else { return "only root can mount a small disk" }
        if let value = getenv("CI"), String(cString: value) == "true" { return nil }
        var name = Array("/tmp/migrated-disk-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { return "no directory" }
        defer { rmdir(name) }
        guard mount("tmpfs", name, "tmpfs", 0, "size=1m") == 0 else {
            return "a disk cannot be mounted here: \(String(cString: strerror(errno)))"
        }
        umount2(name, Int32(MNT_DETACH))
        return nil
    }()
}

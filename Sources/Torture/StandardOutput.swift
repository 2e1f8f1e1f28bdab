import Glibc

/// Lines for who watches a run.
public enum StandardOutput {
    /// Writes a line at once.
    public static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }
}

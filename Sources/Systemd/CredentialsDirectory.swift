import Glibc

/// Secrets that the service manager hands over as files (`LoadCredential=`).
public enum CredentialsDirectory {
    /// The longest credential that is read; the service manager itself allows no longer ones.
    private static let limit = 1 << 20

    /// The directory, or nil where there is none.
    public static var path: String? { getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } }

    /// The credential of that name, without a line end at its end; nil where there is none that can be read.
    public static func read(_ name: String) -> String? {
        guard let path, !name.isEmpty, !name.contains("/"), name != ".", name != "..",
            let file = fopen("\(path)/\(name)", "re")
        else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0, count <= limit else { return nil }
        var text = bytes[..<count]
        while text.last == UInt8(ascii: "\n") || text.last == UInt8(ascii: "\r") { text.removeLast() }
        return String(validating: text, as: UTF8.self)
    }
}

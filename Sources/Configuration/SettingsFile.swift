internal import Glibc

/// Reads one file of settings: a regular one, of bounded size, in UTF-8.
enum SettingsFile {
    /// Why a file cannot be read.
    struct Objection: Error {
        var message: String
        var hint: String?
    }

    static func read(_ path: String, limit: Int) -> Result<String, Objection> {
        // Without O_NONBLOCK a pipe in the place of a file would hold the daemon up for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(objection(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failure(objection(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .failure(Objection(message: "this is not a regular file", hint: "move it elsewhere"))
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(objection(errno)) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        guard bytes.count <= limit else {
            return .failure(
                Objection(message: "the file has more than \(limit) bytes", hint: "keep settings only in it"))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return .failure(Objection(message: "the file is not UTF-8", hint: "save it as UTF-8"))
        }
        return .success(text)
    }

    private static func objection(_ code: Int32) -> Objection {
        switch code {
        case ENOENT: Objection(message: "the file does not exist", hint: "make it, or name another with --settings")
        case EACCES:
            Objection(message: "cannot read the file: permission denied", hint: "let the daemon's user read it")
        default: Objection(message: "cannot read the file: \(String(cString: strerror(code)))", hint: nil)
        }
    }
}

import Glibc

/// A connection as programs may be given it: the secrets in a private file, the rest as a connection string.
///
/// A process list shows arguments to everybody, and environments to the same user.
struct ConnectionSecrets {
    /// The connection string, without any secret.
    let conninfo: String
    /// What has to be in the program's environment.
    let environment: [String: String]
    private let directory: String?

    init(_ connection: [String: String]) throws(FileError) {
        var connection = connection.filter { !$0.value.isEmpty }
        var environment = Self.inherited()
        // A password in our environment is in nobody else's.
        let ownPassword = getenv("PGPASSWORD").map { String(cString: $0) }
        let password = connection.removeValue(forKey: "password") ?? ownPassword
        let keyPassword = connection.removeValue(forKey: "sslpassword")
        var directory: String?
        if password != nil || keyPassword != nil {
            let made = try DirectoryTree.makeTemporary(in: Self.runtimeDirectory(), prefix: "migrated-")
            directory = made
            do throws(FileError) {
                if let password {
                    let path = FilePaths.join(made, "pgpass")
                    try AtomicFile.write(path, text: "*:*:*:*:\(Self.escapePassword(password))\n", mode: 0o600)
                    connection["passfile"] = path
                }
                if let keyPassword {
                    // There is no file for this secret but a service's; a service that the caller named stays.
                    let path = FilePaths.join(made, "pg_service.conf")
                    try AtomicFile.write(path, text: "[migrated]\nsslpassword=\(keyPassword)\n", mode: 0o600)
                    environment["PGSERVICEFILE"] = path
                    connection["service"] = connection["service"] ?? "migrated"
                }
            } catch {
                try? DirectoryTree.remove(made)
                throw error
            }
        }
        self.directory = directory
        self.environment = environment
        conninfo = Self.conninfo(connection)
    }

    /// What libpq takes from our environment, and so has to find in that of its programs: names of files and servers, and
    /// never a secret (PostgreSQL manual, "Environment Variables").
    private static func inherited() -> [String: String] {
        let names = [
            "HOME", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSFILE", "PGSERVICE",
            "PGSERVICEFILE",
            "PGSYSCONFDIR", "PGOPTIONS", "PGSSLMODE", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "PGSSLCRL",
            "PGSSLCRLDIR", "PGSSLSNI", "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION", "PGCHANNELBINDING",
            "PGGSSENCMODE", "PGKRBSRVNAME", "PGGSSLIB", "PGTARGETSESSIONATTRS", "PGCONNECT_TIMEOUT", "KRB5CCNAME",
        ]
        return names.reduce(into: [:]) { found, name in
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
    }

    /// Removes the private file.
    func remove() {
        if let directory { try? DirectoryTree.remove(directory) }
    }

    /// A libpq connection string, keywords in order so that equal connections give equal strings.
    static func conninfo(_ connection: [String: String]) -> String {
        connection.sorted { $0.key < $1.key }.map { key, value in
            var quoted = ""
            for character in value.unicodeScalars {
                if character == "'" || character == "\\" { quoted.unicodeScalars.append("\\") }
                quoted.unicodeScalars.append(character)
            }
            return "\(key)='\(quoted)'"
        }.joined(separator: " ")
    }

    private static func escapePassword(_ password: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in password.unicodeScalars {
            if scalar == ":" || scalar == "\\" { escaped.append("\\") }
            escaped.append(scalar)
        }
        return String(escaped)
    }

    /// A directory in memory where there is one: a private file there is gone after a crash of the machine.
    private static func runtimeDirectory() -> String {
        let names: [String] = ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "TMPDIR"]
        let named = names.compactMap { name in
            getenv(name).map { String(String(cString: $0).prefix { $0 != ":" }) }
        }
        return (named + ["/run", "/dev/shm", "/tmp"]).first { $0.hasPrefix("/") && access($0, W_OK | X_OK) == 0 }
            ?? "/tmp"
    }
}

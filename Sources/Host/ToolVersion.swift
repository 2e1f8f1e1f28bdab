/// The version of PostgreSQL's programs, or of a server.
public struct ToolVersion: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The major version: 15.
    public var major: Int
    /// The minor version: 18; of a development or beta version, -1.
    public var minor: Int

    /// Makes a version from its parts.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Makes a version from the number that servers tell: 150018.
    public init(serverVersion: Int) {
        self.init(major: serverVersion / 10000, minor: serverVersion % 10000)
    }

    /// Finds the version in what `pg_dump --version` prints; nil where it prints something else.
    public init?(parsing text: String) {
        guard let mark = text.utf8.firstRange(of: Array("(PostgreSQL) ".utf8)) else { return nil }
        let number = text[mark.upperBound...].prefix { !$0.isWhitespace }
        let digits = number.prefix { $0.isNumber }
        guard let major = Int(digits) else { return nil }
        let rest = number.dropFirst(digits.count)
        self.init(major: major, minor: rest.hasPrefix(".") ? Int(rest.dropFirst().prefix { $0.isNumber }) ?? -1 : -1)
    }

    /// Whether these tools lack bug fixes that a server of the same major version has.
    public func isBehind(serverVersion: Int) -> Bool {
        let server = ToolVersion(serverVersion: serverVersion)
        return server.major == major && minor < server.minor
    }

    /// Older ones first.
    public static func < (one: ToolVersion, other: ToolVersion) -> Bool {
        (one.major, one.minor) < (other.major, other.minor)
    }

    /// As PostgreSQL writes it: "15.18", "19devel or beta" as "19".
    public var description: String { minor < 0 ? "\(major)" : "\(major).\(minor)" }
}

public import Planning

/// Reads the settings anew. Bad settings change nothing and are reported as `settings-invalid`.
public enum Reload: ControlMethod {
    public static let name = "Reload"
    public typealias Parameters = Nothing

    public struct Reply: Sendable, Codable {
        /// What changed, a line each.
        public var changes: [String]

        public init(changes: [String]) {
            self.changes = changes
        }
    }
}

/// Stops `auto_upgrade` for a database until `Resume`.
public enum Pause: ControlMethod {
    public static let name = "Pause"

    public struct Parameters: Sendable, Codable {
        public var database: String?
        public var reason: String

        public init(database: String? = nil, reason: String) {
            self.database = database
            self.reason = reason
        }
    }

    public typealias Reply = Nothing
}

/// Lets `auto_upgrade` go on.
public enum Resume: ControlMethod {
    public static let name = "Resume"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public typealias Reply = Nothing
}

/// Makes the registry of a clone or a restored copy this database's own, where a person says that it is meant.
public enum Adopt: ControlMethod {
    public static let name = "Adopt"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public typealias Reply = Nothing
}

/// Examines what the daemon needs: connection, privileges, tools, directories, space.
public enum Diagnose: ControlMethod {
    public static let name = "Diagnose"

    public struct Parameters: Sendable, Codable {
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        public var checks: [Check]

        public init(checks: [Check]) {
            self.checks = checks
        }
    }
}

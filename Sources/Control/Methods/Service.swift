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

/// One thing that was examined.
public struct Check: Sendable, Hashable, Codable {
    public enum Outcome: String, Sendable, Hashable, Codable {
        case good, warning, bad
    }

    /// `main: pg_dump`, `settings`, …
    public var subject: String
    public var outcome: Outcome
    public var message: String
    public var hint: String?

    public init(subject: String, outcome: Outcome, message: String, hint: String? = nil) {
        self.subject = subject
        self.outcome = outcome
        self.message = message
        self.hint = hint
    }
}

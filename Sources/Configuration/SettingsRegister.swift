/// Every section and key that settings may have: the register against which unknown keys are told.
enum SettingsSection: CaseIterable {
    case top, daemon, access, database, backup, rehearsal, locks, schema, drift

    /// The keys, tables of their own included.
    var keys: [String] {
        switch self {
        case .top: ["daemon", "access", "database"]
        case .daemon: ["socket", "state_directory", "log_level", "log_data", "stop_timeout", "poll_interval"]
        case .access: ["socket_mode", "socket_group"]
        case .database:
            [
                "url", "password", "migrations", "recursive_migrations", "file_template", "role", "search_path",
                "statement_timeout", "approvals", "requester_may_approve", "auto_upgrade", "edited_after_apply",
                "version_table", "version_table_schema", "registry_role",
                "development", "backup", "rehearsal", "locks", "schema", "drift",
            ]
        case .backup:
            [
                "policy", "reason", "directory", "jobs", "keep", "keep_for", "keep_size", "keep_weekly", "max_age",
                "min_free", "tools",
            ]
        case .rehearsal:
            [
                "policy", "directory", "max_size", "way_back", "way_back_max_size", "lock_budget", "rewrite_size",
                "ask", "refuse", "overrun", "overrun_factor", "overrun_least",
            ]
        case .locks: ["lock_timeout", "max_lock_timeout", "budget", "pause", "max_pause"]
        case .schema: ["files", "command", "url", "roles", "schemas", "ignore", "ignore_kinds"]
        case .drift: ["policy", "interval"]
        }
    }

    /// The keys that hold a table instead of a value.
    static let tables: Set<String> = [
        "daemon", "access", "database", "backup", "rehearsal", "locks", "schema", "drift",
    ]

    /// The heading under which the section is written.
    func heading(database: String?) -> String {
        let name = database.map(SectionReader.quoted) ?? "NAME"
        return switch self {
        case .top: "the top of the file"
        case .daemon: "[daemon]"
        case .access: "[access]"
        case .database: "[database.\(name)]"
        case .backup: "[database.\(name).backup]"
        case .rehearsal: "[database.\(name).rehearsal]"
        case .locks: "[database.\(name).locks]"
        case .schema: "[database.\(name).schema]"
        case .drift: "[database.\(name).drift]"
        }
    }

    /// What to do about a key that this section does not have.
    func hint(forUnknown key: String, database: String?) -> String {
        let others = SettingsSection.allCases.filter { $0 != self && $0.keys.contains(key) }
        if let other = others.first { return "put it under \(other.heading(database: database))" }
        if let near = NearestWord.among(keys, to: key) { return "write \"\(near)\"" }
        for other in SettingsSection.allCases where other != self && other != .top {
            if let near = NearestWord.among(other.keys, to: key) {
                return "write \"\(near)\" under \(other.heading(database: database))"
            }
        }
        return "use one of \(keys.joined(separator: ", "))"
    }
}

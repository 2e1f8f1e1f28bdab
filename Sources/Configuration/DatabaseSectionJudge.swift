import Revisions

/// Judges one `[database.NAME]` with its `.backup` and `.locks`.
struct DatabaseSectionJudge {
    let section: SectionReader
    let input: SettingsInput
    let daemon: DaemonSettings
    let problems: ProblemCollector
    /// Whether a file could not be read at all, so that what is missing may be in it.
    let hasBrokenFile: Bool

    private var name: String { section.path[1] }

    func judge() -> DatabaseSettings? {
        judgeName()
        let backup = BackupSectionJudge(section: section.child("backup", .backup), input: input, daemon: daemon).judge()
        let location = judgeLocation()
        var database = DatabaseSettings(
            name: name, location: location ?? .embedded(directory: ""),
            migrations: section.paths("migrations") ?? input.defaults.migrations, backup: backup,
            rehearsal: RehearsalSectionJudge(section: section.child("rehearsal", .rehearsal), daemon: daemon).judge())
        database.recursiveMigrations = section.flag("recursive_migrations") ?? database.recursiveMigrations
        database.fileTemplate = fileTemplate() ?? database.fileTemplate
        if database.fileTemplate.makesDirectories, !database.recursiveMigrations {
            section.report(
                "file_template", "the directories that it makes would not be looked into",
                hint: "set recursive_migrations = true")
        }
        database.locks = judgeLocks(section.child("locks", .locks))
        let judge = SchemaSectionJudge { input.objection(to: $0)?.message }
        database.schema = judge.judge(section.child("schema", .schema))
        database.drift = judge.judgeDrift(section.child("drift", .drift))
        database.role = identifier("role")
        database.searchPath = searchPath() ?? []
        database.statementTimeout = section.duration("statement_timeout", in: .milliseconds(1)...(.seconds(86_400 * 7)))
        database.approvals = section.integer("approvals", in: 0...10) ?? database.approvals
        database.requesterMayApprove = section.flag("requester_may_approve") ?? database.requesterMayApprove
        database.autoUpgrade = section.flag("auto_upgrade") ?? database.autoUpgrade
        database.editedAfterApply =
            section.choice("edited_after_apply", of: EditedAfterApply.self) ?? database.editedAfterApply
        database.versionTable = identifier("version_table") ?? database.versionTable
        database.versionTableSchema = identifier("version_table_schema")
        database.registryRole = identifier("registry_role")
        database.development = section.flag("development") ?? database.development
        if database.versionTableSchema == "migrated" {
            section.report(
                "version_table_schema", "the schema \"migrated\" is the registry's", hint: "choose another schema")
        }
        if database.searchPath.contains("migrated") {
            section.report(
                "search_path", "the schema \"migrated\" is the registry's",
                hint: "leave it out: nothing of a revision's belongs there")
        }
        return location == nil ? nil : database
    }

    private func judgeName() {
        let isPlain = name.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_" || $0 == "-"
        }
        let startsWell = name.unicodeScalars.first.map { $0.properties.isAlphabetic } ?? false
        if isPlain, startsWell, name.utf8.count <= 40 { return }
        problems.report(
            at: section.origin, key: section.path.map(SectionReader.quoted).joined(separator: "."),
            "\"\(name)\" cannot be the name of a database",
            hint: "begin with a letter and use letters, digits, _ and -, 40 at the most")
    }

    private func judgeLocation() -> DatabaseLocation? {
        guard section.has("url") else {
            if !hasBrokenFile {
                section.report("url", "the url is missing", hint: "write url = \"postgresql://USER@HOST/DATABASE\"")
            }
            return nil
        }
        guard let text = section.text("url") else { return nil }
        let password = section.text("password")
        if text == "embedded" {
            if password != nil {
                section.report("password", "an embedded cluster has no password", hint: "leave it out")
            }
            let directory = input.overrides.embedded.map { SettingsPath.absolute($0, in: input.workingDirectory) }
            return .embedded(directory: directory ?? daemon.stateDirectory + "/cluster")
        }
        let url = ConnectionURL(text)
        guard let objection = input.objection(to: url) else {
            return .server(password.map(url.withPassword) ?? url)
        }
        section.report("url", objection.message, hint: objection.hint)
        return nil
    }

    private func fileTemplate() -> FileNameTemplate? {
        guard let text = section.text("file_template") else { return nil }
        do {
            return try FileNameTemplate(parsing: text)
        } catch {
            section.report("file_template", error.message, hint: error.hint)
            return nil
        }
    }

    private func identifier(_ name: String) -> String? {
        guard let text = section.text(name) else { return nil }
        let limit = 63
        guard text.utf8.count <= limit else {
            section.report(name, "the name has \(text.utf8.count) bytes, and PostgreSQL keeps \(limit)")
            return nil
        }
        return text
    }

    /// `["app", "public"]`, or the text form that PostgreSQL itself has: `app, "$user", public`.
    private func searchPath() -> [String]? {
        guard let texts = section.texts("search_path", element: "a string") else { return nil }
        guard case .string(let text)? = section.members["search_path"]?.value else { return texts }
        var schemas: [String] = []
        for part in Self.splitOutsideQuotes(text) {
            let bare =
                part.count >= 2 && part.first == "\"" && part.last == "\""
                ? part.dropFirst().dropLast().split(separator: "\"\"", omittingEmptySubsequences: false).joined(
                    separator: "\"")
                : part.lowercased()
            if bare.isEmpty || (part.first == "\"") != (part.last == "\"") {
                section.report(
                    "search_path", "\"\(text)\" is not a list of schemas", hint: "write [\"app\", \"public\"]")
                return nil
            }
            schemas.append(bare)
        }
        return schemas
    }

    private static func splitOutsideQuotes(_ text: String) -> [String] {
        var parts = [""]
        var quoted = false
        for character in text {
            if character == "\"" { quoted.toggle() }
            if character == "," && !quoted { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts.map { part in
            var part = part.drop(while: \.isWhitespace)
            while let last = part.last, last.isWhitespace { part.removeLast() }
            return String(part)
        }
    }

    private func judgeLocks(_ section: SectionReader) -> LockSettings {
        var locks = LockSettings()
        let timeouts = Duration.milliseconds(1)...Duration.seconds(3600)
        locks.lockTimeout = section.duration("lock_timeout", in: timeouts) ?? locks.lockTimeout
        locks.maxLockTimeout =
            section.duration("max_lock_timeout", in: timeouts) ?? max(locks.maxLockTimeout, locks.lockTimeout)
        locks.budget = section.duration("budget", in: .milliseconds(1)...(.seconds(86_400))) ?? locks.budget
        locks.pause = section.duration("pause", in: timeouts) ?? locks.pause
        locks.maxPause = section.duration("max_pause", in: timeouts) ?? max(locks.maxPause, locks.pause)
        let orders = [
            ("lock_timeout", locks.lockTimeout, "max_lock_timeout", locks.maxLockTimeout),
            ("pause", locks.pause, "max_pause", locks.maxPause),
            ("lock_timeout", locks.lockTimeout, "budget", locks.budget),
        ]
        for (small, smaller, large, larger) in orders where smaller > larger {
            let culprit = section.has(small) ? small : large
            section.report(
                culprit, "\(small) (\(Quantities.text(smaller))) is longer than \(large) (\(Quantities.text(larger)))",
                hint: "make \(large) at least as long")
        }
        return locks
    }
}

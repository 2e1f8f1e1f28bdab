import Planning

/// Judges `[database.NAME.backup]`.
struct BackupSectionJudge {
    let section: SectionReader
    let input: SettingsInput
    let daemon: DaemonSettings

    private enum PolicyName: String, CaseIterable {
        case dump
        case restorePoint = "restore-point"
        case both, none
    }

    func judge() -> BackupRules {
        var rules = input.backupRules(daemon)
        rules.directory = section.path("directory") ?? rules.directory
        if let policy = judgePolicy() { rules.policy = policy }
        rules.jobs = section.integer("jobs", in: 1...64) ?? rules.jobs
        rules.keep = section.integer("keep", in: 1...10_000) ?? rules.keep
        rules.keepFor = section.duration("keep_for", in: .seconds(60)...(.seconds(86_400 * 36_500)))
        rules.keepSize = section.size("keep_size", in: 0...(1 << 60))
        rules.keepWeekly = section.integer("keep_weekly", in: 0...10_000) ?? rules.keepWeekly
        rules.maximumAge = section.duration("max_age", in: .zero...(.seconds(86_400 * 7))) ?? rules.maximumAge
        rules.minimumFree = section.size("min_free", in: 0...(1 << 50)) ?? rules.minimumFree
        rules.tools = section.path("tools")
        return rules
    }

    private func judgePolicy() -> BackupRules.Policy? {
        let reason = section.text("reason")
        let policy = section.choice("policy", of: PolicyName.self)
        if policy == PolicyName.none {
            if !section.has("reason") {
                section.report(
                    "policy", "a policy of \"none\" needs a reason",
                    hint: "write reason = \"…\"; it is recorded with each job")
            }
            return reason.map { .none(reason: $0) }
        }
        if reason != nil, policy != nil || !section.has("policy") {
            section.report("reason", "a reason goes with policy = \"none\" only", hint: "remove it")
        }
        return switch policy {
        case .dump?: .dump
        case .restorePoint?: .restorePoint
        case .both?: .both
        default: nil
        }
    }
}

extension SettingsInput {
    /// What is done about backups where nothing is said. The key that vouches for them is not beside them.
    func backupRules(_ daemon: DaemonSettings) -> BackupRules {
        BackupRules(directory: backupDirectory(daemon), keyFile: daemon.stateDirectory + "/host.key")
    }
}

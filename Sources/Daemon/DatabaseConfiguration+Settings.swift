import Configuration
import Engine
import Planning
import PostgresClient

extension DatabaseConfiguration {
    /// What the engine needs, from what the settings say. `connection` is where the database is, once it is known.
    init(_ settings: DatabaseSettings, connection: ConnectionParameters, stopPatience: Duration) {
        self.init(
            name: settings.name, connection: connection, directories: settings.migrations,
            backup: settings.backup)
        rehearsal = RehearsalRules(settings.rehearsal, jobs: settings.backup.jobs)
        drift = DriftRules(
            policy: settings.drift.policy, interval: settings.drift.interval, selection: settings.schema.selection)
        versionTable = VersionTableName(schema: settings.versionTableSchema, table: settings.versionTable)
        isRecursive = settings.recursiveMigrations
        fileTemplate = settings.fileTemplate
        role = settings.role
        registryRole = settings.registryRole
        searchPath = settings.searchPath.isEmpty ? nil : settings.searchPath
        statementTimeout = settings.statementTimeout
        policy = Policy(
            approvals: settings.approvals, requesterMayApprove: settings.requesterMayApprove,
            editedAfterApply: settings.editedAfterApply == .refuse ? .refuse : .warn)
        autoUpgrade = settings.autoUpgrade
        isDevelopment = settings.development
        locks = LockBudget(
            first: settings.locks.lockTimeout, longest: settings.locks.maxLockTimeout, budget: settings.locks.budget,
            pause: settings.locks.pause, longestPause: settings.locks.maxPause)
        self.stopPatience = stopPatience
    }
}

extension RehearsalRules {
    fileprivate init(_ settings: RehearsalSettings, jobs: Int) {
        self.init(
            isOn: settings.isOn, directory: settings.directory, maximumSize: settings.maximumSize,
            takesWayBack: settings.takesWayBack, wayBackMaximumSize: settings.wayBackMaximumSize, jobs: jobs,
            policy: RehearsalPolicy(
                lockMilliseconds: settings.lockBudget / .milliseconds(1), rewriteBytes: settings.rewriteSize,
                refused: settings.refused, asked: settings.asked, overrun: settings.overrun))
    }
}

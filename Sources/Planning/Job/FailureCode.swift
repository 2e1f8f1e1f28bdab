extension Failure {
    /// The register of failures: a stable name, the exit status of `migratectl`, and a sentence of documentation.
    public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
        case databaseUnavailable = "database-unavailable"
        case noSuchDatabase = "no-such-database"
        case noSuchRevision = "no-such-revision"
        case ambiguousRevision = "ambiguous-revision"
        case revisionsInvalid = "revisions-invalid"
        case noSuchJob = "no-such-job"
        case notApproved = "not-approved"
        case digestMismatch = "digest-mismatch"
        case irreversible = "irreversible"
        case editedAfterApply = "edited-after-apply"
        case tableLockTimeout = "table-lock-timeout"
        case sessionLost = "session-lost"
        case statementFailed = "statement-failed"
        case backupFailed = "backup-failed"
        case noSpace = "no-space"
        case rehearsalFailed = "rehearsal-failed"
        case rehearsalRefused = "rehearsal-refused"
        case notRehearsed = "not-rehearsed"
        case overrun = "overrun"
        case restoreFailed = "restore-failed"
        case backupRefused = "backup-refused"
        case toolMissing = "tool-missing"
        case registryMismatch = "registry-mismatch"
        case registryTooNew = "registry-too-new"
        case versionChanged = "version-changed"
        case needsDecision = "needs-decision"
        case cancelled = "cancelled"
        case poolerRefused = "pooler-refused"
        case serverReadOnly = "server-read-only"
        case transactionEscaped = "transaction-escaped"
        case queueFull = "queue-full"
        case noSuchBackup = "no-such-backup"
        case invalidState = "invalid-state"
        case problemsFound = "problems-found"
        case notAtHead = "not-at-head"
        case checkFailed = "check-failed"
        case released = "released"
        case unfinishedRevision = "unfinished-revision"
        case schemaNotLoaded = "schema-not-loaded"
        case schemaDrifted = "schema-drifted"
        case usage = "usage"
        case daemonUnavailable = "daemon-unavailable"
        case internalError = "internal-error"
        case protocolViolation = "protocol-violation"
        case permissionDenied = "permission-denied"
        case settingsInvalid = "settings-invalid"
        case timedOut = "timed-out"
        case interrupted = "interrupted"

        /// What `migratectl` exits with. 64 and above follow sysexits(3), `timeout(1)` and the shell's 128 + signal.
        public var exitStatus: Int32 { entry.status }

        /// One sentence for the manual.
        public var documentation: String { entry.sentence }

        private var entry: (status: Int32, sentence: String) {
            switch self {
            case .databaseUnavailable: (10, "The database cannot be reached; the daemon goes on trying.")
            case .noSuchDatabase:
                (11, "No database of that name is configured, or none was named where there are several.")
            case .noSuchRevision: (12, "No revision, label or relative position answers to that target.")
            case .ambiguousRevision: (13, "The target fits several revisions; the candidates are listed.")
            case .revisionsInvalid:
                (14, "The directory of revisions has faults; each is listed with its file and line.")
            case .noSuchJob: (15, "No job has that name.")
            case .notApproved: (16, "The job is parked until the approvals that the policy asks for are given.")
            case .digestMismatch: (17, "The bytes at hand are not those that were shown, approved or queued.")
            case .irreversible: (18, "A revision on the way down has no downgrade section.")
            case .editedAfterApply: (19, "A revision was changed after it had been applied.")
            case .tableLockTimeout:
                (20, "A table lock was not had within the budget; the sessions in the way are named.")
            case .sessionLost: (21, "The session that holds the lock and applies was lost.")
            case .statementFailed:
                (22, "PostgreSQL refused a statement of a revision; nothing of that transaction remains.")
            case .backupFailed: (23, "The backup could not be taken or did not stand its verification; no DDL was run.")
            case .noSpace: (24, "Too little disk space is left for the backup; no DDL was run.")
            case .rehearsalFailed:
                (41, "A statement failed in the copy of the database; nothing was done to the database itself.")
            case .rehearsalRefused:
                (42, "The rehearsal found what the settings refuse; nothing was done to the database itself.")
            case .notRehearsed:
                (43, "No copy of the database could be made to rehearse in; nothing was done to the database itself.")
            case .overrun:
                (44, "A statement ran far longer than in the rehearsal and was stopped; its transaction is undone.")
            case .restoreFailed:
                (45, "The backup could not be restored; the database is as it was, and open.")
            case .backupRefused:
                (46, "Nothing vouches for the backup, or its bytes are not those that its manifest names.")
            case .toolMissing: (25, "A program of PostgreSQL that is needed is not installed in a fitting version.")
            case .registryMismatch:
                (26, "The registry belongs to another server or database: a clone or a restored copy.")
            case .registryTooNew: (27, "The registry was written by a newer version of migrated.")
            case .versionChanged: (28, "The version table is not what the plan was made for; somebody else changed it.")
            case .needsDecision: (29, "The outcome of a standalone statement cannot be known; a person has to say.")
            case .cancelled: (30, "The job was cancelled.")
            case .poolerRefused:
                (31, "The connection goes through a transaction-pooling proxy, on which no lock can be held.")
            case .serverReadOnly: (32, "The server is read-only: a standby, or default_transaction_read_only is on.")
            case .transactionEscaped:
                (33, "A revision ended its own transaction or dropped the lock; its work was not recorded.")
            case .queueFull: (34, "Too many jobs are waiting for this database.")
            case .noSuchBackup: (35, "No backup has that name.")
            case .invalidState: (36, "The job is in a state that does not allow this.")
            case .problemsFound: (37, "The check found problems; each is listed with a hint.")
            case .notAtHead: (38, "The database is not at the heads of its revisions.")
            case .checkFailed:
                (1, "The revision files have faults, or break a rule; each finding is told with its place.")
            case .released: (39, "The database was handed back; a call that changes something takes it over again.")
            case .unfinishedRevision:
                (40, "A revision on the way is unfinished; its file says what a person has to fill in.")
            case .schemaNotLoaded:
                (47, "The schema that is meant could not be loaded into a throw-away database; the statement is named.")
            case .schemaDrifted:
                (48, "The database is not what its revisions left: somebody changed it in another way.")
            case .usage: (64, "The command line was not understood.")
            case .daemonUnavailable: (69, "The daemon cannot be reached on its socket.")
            case .internalError: (70, "A defect of migrated itself; please report it.")
            case .protocolViolation: (76, "The other end of the socket does not speak the protocol.")
            case .permissionDenied: (77, "The caller may not do this, or may not open the socket.")
            case .settingsInvalid: (78, "The settings have faults; each is listed with its file and line.")
            case .timedOut: (124, "The time that the caller gave was up; the job goes on.")
            case .interrupted:
                (130, "Watching was interrupted; the job goes on, or with --local was brought to a safe end.")
            }
        }
    }
}

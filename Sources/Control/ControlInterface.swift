public import Varlink

/// The interface `io.migrated.Control`: its name, its text, and its methods.
public enum ControlInterface {
    /// The interface's name on the wire.
    public static let name = "io.migrated.Control"

    /// Every method, in the order of the text. A new method is a file in `Methods`, a line here, and its text below.
    public static let methods: [any ControlMethod.Type] = [
        GetStatus.self,
        ListRevisions.self,
        GetRevision.self,
        GetHistory.self,
        MakePlan.self,
        GetScript.self,
        Upgrade.self,
        Downgrade.self,
        Stamp.self,
        EnsureVersion.self,
        Backup.self,
        ListJobs.self,
        GetJob.self,
        WatchJob.self,
        Subscribe.self,
        Cancel.self,
        Resolve.self,
        Approve.self,
        Revoke.self,
        ListApprovals.self,
        ListBackups.self,
        Pause.self,
        Resume.self,
        Reload.self,
        Adopt.self,
        Diagnose.self,
        GetMetrics.self,
        Retry.self,
        GetSchema.self,
        Reset.self,
        Release.self,
        Rehearse.self,
        GetRehearsal.self,
        Restore.self,
        VerifyBackup.self,
        GetDrift.self,
        AcceptDrift.self,
    ]

    /// The interface description in Varlink's language, comments included: what `GetInterfaceDescription` answers.
    public static let description = [preamble, types, methodTexts, errors].joined(separator: "\n")

    /// The description as the protocol's server wants it.
    public static func interface() throws(InterfaceError) -> Interface {
        try Interface(parsing: description)
    }

    private static let preamble = """
        # Schema migrations of PostgreSQL databases, carried out by a daemon.
        #
        # A migration is never a call. What changes a database takes a requestId (a UUID of the caller's making), queues a
        # job and answers with it at once; the same requestId sent twice is one job, so that a caller who lost a reply
        # simply asks again. WatchJob tells how the job goes. A caller that goes away never stops a job; Cancel does.
        #
        # A database may be left unnamed where only one is configured. Times are RFC 3339 in UTC with microseconds.
        # Digests are SHA-256 in 64 hexadecimal digits. New fields are added as nullable ones; ignore what you do not know.
        interface io.migrated.Control

        """
}

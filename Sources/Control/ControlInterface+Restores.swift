extension ControlInterface {
    /// What concerns backups that are there.
    static let restoreMethods = """
        # Queues a restore: a database is made from a backup, under a name of its own until it is whole. Where the
        # database is gone, an empty one is made first, and replaced.
        method Restore(
          # The database, by its name in the settings.
          database: ?string,
          # The backup's name.
          backup: string,
          # The name of the new database; one is made up without it.
          into: ?string,
          # Whether it takes the place of the present one, which is kept under another name. Needs approvals.
          replace: ?bool,
          # Whether definitions are restored only, and no data.
          onlySchema: ?bool,
          # The tables whose data is restored; all without it.
          tables: ?[]string,
          # The digest of the manifest, where the caller vouches for a backup that nobody else here knows.
          digest: ?string,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The job as it was queued.
          job: Job
        )

        # Looks through a backup: hashes, a full decode, and a restore into a server of its own. Changes nothing.
        # With more: what is looked at, as it goes.
        method VerifyBackup(
          # The database, by its name in the settings.
          database: ?string,
          # The backup's name.
          backup: string,
          # Whether the restore is left out.
          noRestore: ?bool,
          # As for Restore.
          digest: ?string
        ) -> (
          # What was found, or is looked at now.
          message: string,
          # Whether this is the last of it.
          isDone: bool
        )

        """
}

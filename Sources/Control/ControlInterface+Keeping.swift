extension ControlInterface {
    /// What concerns a database as a whole, and its jobs' second tries.
    static let keepingMethods = """
        # Queues what a failed or cancelled job was to do once more, with what it meant then. Fails with DigestMismatch where
        # a file was changed since.
        method Retry(
          # The name of the job, such as main-41.
          job: string,
          # A UUID of the caller's making: the same call sent twice is one job.
          requestId: string
        ) -> (
          # The new job.
          job: Job
        )

        # What a database looks like, in a form in which two of them can be compared.
        method GetSchema(
          # The database, by its name in the settings.
          database: ?string
        ) -> (
          # The statements of pg_dump --schema-only, without comments, the registry and the version table.
          schema: string,
          # Indexes that PostgreSQL does not use because their making was never finished.
          invalidIndexes: []string
        )

        # Queues the emptying of a development database, and the upgrade that builds it again.
        method Reset(
          # The database, by its name in the settings.
          database: ?string,
          # A UUID of the caller's making: the same call sent twice is one reset.
          requestId: string,
          # The same for the upgrade.
          upgradeRequestId: string
        ) -> (
          # The job that empties it.
          job: Job,
          # The job that builds it again.
          upgrade: Job
        )

        # Hands a database back: removes the registry, and nothing else. Fails while a job is open. What changes the database
        # afterwards takes it over again.
        method Release(
          # The database, by its name in the settings.
          database: ?string
        ) -> (
          # The version table, which stays.
          versionTable: string,
          # Its rows.
          rows: []string
        )

        """
}

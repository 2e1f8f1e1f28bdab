extension ControlInterface {
    /// What concerns the schema between upgrades.
    static let driftMethods = """
        # Looks at a database's schema now, and says how it differs from what its revisions left.
        method GetDrift(
          # The database, by its name in the settings.
          database: ?string
        ) -> (
          # What differs.
          report: DriftReport
        )

        # Takes the schema as it is for what it should be. Fails with DigestMismatch where it differs otherwise by now.
        method AcceptDrift(
          # The database, by its name in the settings.
          database: ?string,
          # What the caller was shown.
          changes: []DriftChange
        ) -> (
          # What differs afterwards: nothing, unless somebody was quick.
          report: DriftReport
        )

        """

    static let driftTypes = """
        # How a database differs from what its revisions left.
        type DriftReport (
          # When it was looked at.
          lookedAt: string,
          # When the schema was kept with which it was compared.
          keptAt: string,
          # What differs, in the order of kinds.
          changes: []DriftChange,
          # What is there and is not compared, as people call it.
          notCompared: []string,
          # What was done to the database, as SQL.
          upgrade: string,
          # What takes it back, as SQL.
          downgrade: string
        )

        # One object that is not as it was left.
        type DriftChange (
          # The kind of object, such as table.
          kind: string,
          # Its name, with the schema.
          name: string,
          # create, drop, alter or remake.
          change: string
        )

        """
}

/// The registry's tables, as SQL. A change is a new entry in `versions`; the ones that shipped are never edited.
enum RegistrySchema {
    /// What this program writes and reads.
    static var version: Int { versions.count }

    /// The statements that lead from version n to n + 1, run in one transaction under the lock.
    static let versions: [[String]] = [
        first, stamps, resets, rehearsals, freeHistory, findings, restores, keptSchemas, keptStamps,
    ]

    /// The names of all our tables: those that the statements above create.
    static var tables: [String] {
        let start = "CREATE TABLE migrated."
        return versions.joined().filter { $0.hasPrefix(start) }
            .map { String($0.dropFirst(start.count).prefix { $0.isLetter || $0 == "_" }) }
    }

    private static let states = """
        'queued', 'planning', 'awaiting-approval', 'waiting-for-lock', 'backing-up', 'applying', 'verifying', \
        'succeeded', 'failed', 'cancelled', 'needs-decision'
        """

    private static let person = """
        uid bigint NOT NULL, user_name text NOT NULL, login_uid bigint, machine_id text NOT NULL
        """

    /// A stamp: what was asked for, and from `number` on what came of it, numbered with the history among which it stands.
    private static let stamps = [
        "ALTER TABLE migrated.job DROP CONSTRAINT job_kind_check",
        """
        ALTER TABLE migrated.job ADD CONSTRAINT job_kind_check
            CHECK (kind IN ('upgrade', 'downgrade', 'stamp', 'backup'))
        """,
        """
        CREATE TABLE migrated.stamp (
            job bigint PRIMARY KEY REFERENCES migrated.job,
            targets text[] NOT NULL,
            purge boolean NOT NULL,
            number bigint UNIQUE,
            stamped_at timestamptz,
            rows_before text[],
            rows_after text[],
            system_identifier text,
            timeline integer,
            database_oid bigint,
            CHECK (num_nulls(number, stamped_at, rows_before, rows_after, system_identifier, timeline, database_oid)
                IN (0, 7))
        )
        """,
    ]

    private static let resets = [
        "ALTER TABLE migrated.job DROP CONSTRAINT job_kind_check",
        """
        ALTER TABLE migrated.job ADD CONSTRAINT job_kind_check
            CHECK (kind IN ('upgrade', 'downgrade', 'stamp', 'backup', 'reset'))
        """,
    ]

    private static let rehearsals = [
        "ALTER TABLE migrated.job DROP CONSTRAINT job_kind_check, DROP CONSTRAINT job_state_check",
        """
        ALTER TABLE migrated.job ADD COLUMN rehearsal jsonb,
            ADD CONSTRAINT job_kind_check
                CHECK (kind IN ('upgrade', 'downgrade', 'stamp', 'backup', 'rehearse', 'reset')),
            ADD CONSTRAINT job_state_check CHECK (state IN (\(states), 'rehearsing'))
        """,
        """
        ALTER TABLE migrated.job_event DROP CONSTRAINT job_event_state_check,
            ADD CONSTRAINT job_event_state_check CHECK (state IN (\(states), 'rehearsing'))
        """,
        "DROP INDEX migrated.job_one_running",
        """
        CREATE UNIQUE INDEX job_one_running ON migrated.job ((true))
            WHERE state IN ('planning', 'waiting-for-lock', 'backing-up', 'rehearsing', 'applying', 'verifying')
        """,
    ]

    /// Consent to what rehearsals found, and which jobs wait for it.
    private static let findings = [
        "ALTER TABLE migrated.job ADD COLUMN missing_findings jsonb",
        """
        CREATE TABLE migrated.findings_approval (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            findings_digest text NOT NULL,
            job bigint NOT NULL REFERENCES migrated.job,
            \(person),
            given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            revoked_at timestamptz
        )
        """,
        """
        CREATE UNIQUE INDEX findings_approval_standing ON migrated.findings_approval
            (findings_digest, uid, machine_id) WHERE revoked_at IS NULL
        """,
    ]

    /// Jobs are never deleted; looking one up again, and locking it, for each revision only costs.
    private static let freeHistory = ["ALTER TABLE migrated.history DROP CONSTRAINT history_job_fkey"]

    /// What a restore was asked to do, and of the database as a whole: which backup it was made from.
    private static let restores = [
        "ALTER TABLE migrated.job DROP CONSTRAINT job_kind_check",
        """
        ALTER TABLE migrated.job ADD CONSTRAINT job_kind_check
            CHECK (kind IN ('upgrade', 'downgrade', 'stamp', 'backup', 'rehearse', 'reset', 'restore'))
        """,
        """
        CREATE TABLE migrated.restore (
            job bigint PRIMARY KEY REFERENCES migrated.job,
            request jsonb NOT NULL
        )
        """,
        """
        ALTER TABLE migrated.registry ADD COLUMN descends_from text, ADD COLUMN descends_from_manifest text,
            ADD COLUMN restored_at timestamptz, ADD COLUMN restored_by bigint, ADD COLUMN replaced_kept_as text,
            ADD CHECK (num_nulls(descends_from, descends_from_manifest, restored_at) IN (0, 3))
        """,
    ]

    /// The schemas that upgrades left, as text that only we read.
    private static let keptSchemas = [
        """
        CREATE TABLE migrated.kept_schema (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kept_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            fingerprint text NOT NULL,
            archive text NOT NULL,
            history_number bigint NOT NULL,
            server_major integer NOT NULL,
            uid bigint, user_name text, login_uid bigint, machine_id text,
            CHECK ((uid IS NULL) = (user_name IS NULL) AND (uid IS NULL) = (machine_id IS NULL))
        )
        """
    ]

    /// By which a look sees, without reading the catalogue, that nothing has changed.
    private static let keptStamps = ["ALTER TABLE migrated.kept_schema ADD COLUMN catalogue_stamp text"]

    private static let first = [
        "CREATE SCHEMA IF NOT EXISTS migrated",
        """
        CREATE FUNCTION migrated.refuse(code text, reason text) RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION USING ERRCODE = code, MESSAGE = reason; END $$
        """,
        """
        CREATE TABLE migrated.registry (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            version integer NOT NULL,
            database_name text NOT NULL,
            system_identifier text NOT NULL,
            database_oid bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            auto_upgrade_paused_because text
        )
        """,
        """
        CREATE TABLE migrated.revision_source (
            source_digest text PRIMARY KEY,
            revision text NOT NULL,
            path text NOT NULL,
            bytes bytea NOT NULL,
            kept_at timestamptz NOT NULL DEFAULT now()
        )
        """,
        """
        CREATE TABLE migrated.job (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('upgrade', 'downgrade', 'backup')),
            state text NOT NULL CHECK (state IN (\(states))),
            target text NOT NULL,
            target_revisions text[] NOT NULL DEFAULT '{}',
            plan_digest text,
            step_count integer NOT NULL DEFAULT 0,
            applied_count integer NOT NULL DEFAULT 0,
            request_id uuid NOT NULL UNIQUE,
            \(person),
            requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            started_at timestamptz,
            finished_at timestamptz,
            failure jsonb,
            missing_approvals jsonb,
            backup text,
            cancel_requested boolean NOT NULL DEFAULT false,
            runner_pid integer,
            runner_started timestamptz,
            attempts integer NOT NULL DEFAULT 0,
            event_count bigint NOT NULL DEFAULT 0,
            history_told bigint NOT NULL DEFAULT 0,
            CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
            CHECK ((failure IS NOT NULL) = (state IN ('failed', 'needs-decision')))
        )
        """,
        """
        CREATE UNIQUE INDEX job_one_running ON migrated.job ((true))
            WHERE state IN ('planning', 'waiting-for-lock', 'backing-up', 'applying', 'verifying')
        """,
        """
        CREATE INDEX job_open ON migrated.job (number)
            WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
        """,
        """
        CREATE TABLE migrated.job_step (
            job bigint NOT NULL REFERENCES migrated.job,
            ordinal integer NOT NULL,
            revision text NOT NULL,
            direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
            content_digest text NOT NULL,
            source_digest text NOT NULL REFERENCES migrated.revision_source,
            step jsonb NOT NULL,
            PRIMARY KEY (job, ordinal)
        )
        """,
        """
        CREATE TABLE migrated.job_event (
            job bigint NOT NULL REFERENCES migrated.job,
            sequence bigint NOT NULL,
            at timestamptz NOT NULL DEFAULT clock_timestamp(),
            kind text NOT NULL,
            state text NOT NULL CHECK (state IN (\(states))),
            revision text,
            message text NOT NULL,
            progress jsonb,
            PRIMARY KEY (job, sequence)
        )
        """,
        "CREATE INDEX job_event_at ON migrated.job_event (at)",
        """
        CREATE TABLE migrated.history (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            job bigint NOT NULL REFERENCES migrated.job,
            revision text NOT NULL,
            direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            elapsed_ms double precision NOT NULL,
            content_digest text NOT NULL,
            meaning_digest text NOT NULL,
            rows_after text[] NOT NULL,
            system_identifier text NOT NULL,
            timeline integer NOT NULL,
            database_oid bigint NOT NULL,
            transaction_id text NOT NULL,
            UNIQUE (job, revision, direction)
        )
        """,
        "CREATE INDEX history_revision ON migrated.history (revision, number)",
        """
        CREATE TABLE migrated.standalone_statement (
            revision text NOT NULL,
            direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
            ordinal integer NOT NULL,
            statement_digest text NOT NULL,
            job bigint NOT NULL REFERENCES migrated.job,
            intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            done_at timestamptz,
            settled_by text,
            PRIMARY KEY (revision, direction, ordinal)
        )
        """,
        """
        CREATE TABLE migrated.approval (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            revision text NOT NULL,
            direction text NOT NULL CHECK (direction IN ('upgrade', 'downgrade')),
            content_digest text NOT NULL,
            source_digest text NOT NULL REFERENCES migrated.revision_source,
            \(person),
            given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            revoked_at timestamptz
        )
        """,
        """
        CREATE UNIQUE INDEX approval_standing ON migrated.approval
            (content_digest, direction, revision, uid, machine_id) WHERE revoked_at IS NULL
        """,
        """
        CREATE TABLE migrated.backup (
            name text PRIMARY KEY,
            job bigint REFERENCES migrated.job,
            machine_id text NOT NULL,
            path text NOT NULL,
            taken_at timestamptz NOT NULL,
            manifest_digest text NOT NULL,
            manifest jsonb NOT NULL,
            removed_at timestamptz
        )
        """,
    ]
}

-- revision: 002_add_session_status
-- down_revision: 001_initial_schema
-- description: sessions can be archived
-- created: 2026-11-22T10:15:00Z

-- migrated: upgrade
-- One statement: the table is locked once and read once. A constant default does not rewrite it.
ALTER TABLE sessions
    ADD COLUMN status varchar(20) NOT NULL DEFAULT 'active',
    ADD COLUMN archived_at timestamptz,
    ADD CONSTRAINT sessions_status_known CHECK (status IN ('active', 'archived', 'deleted')),
    ADD CONSTRAINT sessions_archived_at_fits_status CHECK ((status = 'active') = (archived_at IS NULL));

-- migrated: downgrade
ALTER TABLE sessions
    DROP COLUMN archived_at,
    DROP COLUMN status;

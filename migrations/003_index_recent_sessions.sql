-- revision: 003_index_recent_sessions
-- down_revision: 002_add_session_status
-- transaction: off
-- description: index for the list of a user's recent sessions
-- created: 2026-11-22T10:30:00Z

-- migrated: upgrade
CREATE INDEX CONCURRENTLY sessions_user_id_last_message_at_idx
    ON sessions (user_id, last_message_at DESC NULLS LAST)
    WHERE status = 'active';

-- migrated: downgrade
DROP INDEX CONCURRENTLY sessions_user_id_last_message_at_idx;

-- revision: a1
-- down_revision: none
-- description: initial schema
-- created: 2026-11-01T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

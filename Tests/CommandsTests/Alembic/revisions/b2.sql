-- revision: b2
-- down_revision: a1
-- description: add status
-- created: 2026-11-02T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

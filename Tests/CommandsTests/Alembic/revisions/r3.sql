-- revision: r3
-- down_revision: r2
-- description: a report that others need
-- created: 2026-11-10T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

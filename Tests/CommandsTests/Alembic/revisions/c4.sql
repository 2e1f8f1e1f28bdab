-- revision: c4
-- down_revision: c3
-- description: invoice lines
-- created: 2026-11-04T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

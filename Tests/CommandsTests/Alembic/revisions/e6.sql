-- revision: e6
-- down_revision: m5
-- description: after the merge
-- created: 2026-11-07T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

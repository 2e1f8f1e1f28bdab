-- revision: g7
-- down_revision: e6
-- description: another end
-- created: 2026-11-12T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

-- revision: d3
-- down_revision: b2
-- description: search
-- created: 2026-11-05T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

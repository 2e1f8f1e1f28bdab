-- revision: m5
-- down_revision: c4, d3
-- description: merge billing and search
-- created: 2026-11-06T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

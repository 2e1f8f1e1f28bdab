-- revision: r2
-- down_revision: r1
-- depends_on: d3
-- description: reports read the search
-- created: 2026-11-09T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

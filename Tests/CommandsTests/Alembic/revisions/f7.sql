-- revision: f7
-- down_revision: e6
-- depends_on: r3
-- description: needs the reports
-- created: 2026-11-11T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

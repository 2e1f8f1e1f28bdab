-- revision: r1
-- down_revision: none
-- branch_labels: reports
-- description: reports of their own
-- created: 2026-11-08T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

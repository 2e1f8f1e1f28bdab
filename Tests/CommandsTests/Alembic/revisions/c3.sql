-- revision: c3
-- down_revision: b2
-- branch_labels: billing
-- description: invoices
-- created: 2026-11-03T10:15:00Z

-- migrated: upgrade

-- migrated: downgrade

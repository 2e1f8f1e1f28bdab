"""no two entries at one time

Revision ID: 1a0c325e8b11
Revises: 09fb214d7a10
Create Date: 2024-05-02 10:00:00+02:00

"""

import sqlalchemy as sa
from alembic import op

revision = "1a0c325e8b11"
down_revision = "09fb214d7a10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_exclude_constraint("one_at_a_time", "entries", ("at", "="), using="btree", schema="audit")
    op.create_index("ix_entries_what", "entries", [sa.text("lower(what)")], schema="audit", postgresql_using="hash")


def downgrade() -> None:
    op.drop_index("ix_entries_what", table_name="entries", schema="audit")
    op.drop_constraint("one_at_a_time", "entries", schema="audit")

"""find active sessions without blocking anybody

Revision ID: 4d3f6c81be04
Revises: 3c2e5b70ad03
Create Date: 2024-02-01 08:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "4d3f6c81be04"
down_revision = "3c2e5b70ad03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_sessions_active",
            "sessions",
            ["user_id"],
            postgresql_where=sa.text("status = 'active'"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_sessions_active", table_name="sessions", postgresql_concurrently=True)

"""archived sessions are deleted without blocking

Revision ID: 2b1d436f9c12
Revises: f8ea103c690f
Create Date: 2024-05-03 10:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "2b1d436f9c12"
down_revision = "f8ea103c690f"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE session_status ADD VALUE IF NOT EXISTS 'deleted'")
        op.create_index(
            "ix_sessions_deleted", "sessions", ["touched_at"], unique=False, postgresql_concurrently=True
        )
    op.alter_column("sessions", "status", server_default="archived")
    op.alter_column("sessions", "status", server_default="active")


def downgrade() -> None:
    op.drop_index("ix_sessions_deleted", table_name="sessions")

"""sessions have a status

Revision ID: 3c2e5b70ad03
Revises: 2b1d4a6f8c02
Create Date: 2024-01-15 11:00:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3c2e5b70ad03"
down_revision = "2b1d4a6f8c02"
branch_labels = None
depends_on = None

session_status = postgresql.ENUM("active", "archived", name="session_status", create_type=False)


def upgrade() -> None:
    session_status.create(op.get_bind(), checkfirst=True)
    op.add_column("sessions", sa.Column("status", session_status, server_default="active", nullable=False))


def downgrade() -> None:
    op.drop_column("sessions", "status")
    session_status.drop(op.get_bind(), checkfirst=True)

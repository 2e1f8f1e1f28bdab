"""index for a session's messages

Revision ID: 2b1d4a6f8c02
Revises: 1a0c3f5e7b01
Create Date: 2024-01-11 10:30:00

"""

import sqlalchemy as sa
from alembic import op

revision = "2b1d4a6f8c02"
down_revision = "1a0c3f5e7b01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_messages_session_id_created_at", "messages", ["session_id", sa.text("created_at DESC")])


def downgrade() -> None:
    op.drop_index("ix_messages_session_id_created_at", table_name="messages")

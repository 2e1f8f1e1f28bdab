"""sessions are changed as a batch

Revision ID: c5b7e409360c
Revises: b4a6d3f8250b
Create Date: 2024-04-02 10:00:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c5b7e409360c"
down_revision = "b4a6d3f8250b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sessions") as batch:
        batch.add_column(sa.Column("settings", postgresql.JSON(), server_default=sa.text("'{\"a\": 1}'::json")))
        batch.add_column(sa.Column("parent_id", postgresql.UUID(as_uuid=True)))
        batch.create_foreign_key("fk_sessions_parent", "sessions", ["parent_id"], ["id"], ondelete="SET NULL")
        batch.alter_column("title", existing_type=sa.String(200), type_=sa.Text(), server_default="it's new")
        batch.create_index("ix_sessions_parent_id", ["parent_id"])


def downgrade() -> None:
    with op.batch_alter_table("sessions") as batch:
        batch.drop_index("ix_sessions_parent_id")
        batch.alter_column("title", existing_type=sa.Text(), type_=sa.String(200), server_default=None)
        batch.drop_constraint("fk_sessions_parent", type_="foreignkey")
        batch.drop_column("parent_id")
        batch.drop_column("settings")

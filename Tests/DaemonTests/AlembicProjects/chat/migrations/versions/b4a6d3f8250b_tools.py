"""tools speak as well

Revision ID: b4a6d3f8250b
Revises: a395c2e7140a
Create Date: 2024-04-01 10:00:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b4a6d3f8250b"
down_revision = "a395c2e7140a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE message_role ADD VALUE IF NOT EXISTS 'tool' BEFORE 'system'")
    op.add_column("messages", sa.Column("tool_name", sa.String(40)))


def downgrade() -> None:
    op.drop_column("messages", "tool_name")
    op.execute("ALTER TYPE message_role RENAME TO message_role_old")
    message_role = postgresql.ENUM("user", "assistant", "system", name="message_role")
    message_role.create(op.get_bind())
    op.alter_column(
        "messages",
        "role",
        type_=message_role,
        existing_type=postgresql.ENUM(name="message_role_old"),
        existing_nullable=False,
        postgresql_using="role::text::message_role",
    )
    op.execute("DROP TYPE message_role_old")

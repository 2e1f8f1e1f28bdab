"""messages know their length: table, index, check

Revision ID: 5e407d92cf05
Revises: 4d3f6c81be04
Create Date: 2024-02-03 09:15:00

"""

import sqlalchemy as sa
from alembic import op

revision = "5e407d92cf05"
down_revision = "4d3f6c81be04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("tokens", sa.Integer(), server_default=sa.text("0"), nullable=False))
    with op.get_context().autocommit_block():
        op.create_index("ix_messages_tokens", "messages", ["tokens"], postgresql_concurrently=True)
    op.create_check_constraint("tokens_not_negative", "messages", "tokens >= 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_messages_tokens_not_negative"), "messages", type_="check")
    with op.get_context().autocommit_block():
        op.drop_index("ix_messages_tokens", table_name="messages", postgresql_concurrently=True)
    op.drop_column("messages", "tokens")

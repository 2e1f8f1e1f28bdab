"""who did what, in a schema of its own

Revision ID: 09fb214d7a10
Revises: 
Create Date: 2024-05-01 10:00:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "09fb214d7a10"
down_revision = None
branch_labels = ("audit",)
depends_on = ("billing",)


def upgrade() -> None:
    op.execute(sa.schema.CreateSchema("audit"))
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("network", postgresql.INET()),
        schema="audit",
    )


def downgrade() -> None:
    op.drop_table("entries", schema="audit")
    op.execute(sa.schema.DropSchema("audit"))

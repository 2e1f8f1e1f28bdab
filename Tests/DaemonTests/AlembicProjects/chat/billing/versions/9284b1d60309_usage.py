"""what people use, by feedback as well

Revision ID: 9284b1d60309
Revises: 8173a0c5f208
Create Date: 2024-03-05 13:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "9284b1d60309"
down_revision = "8173a0c5f208"
branch_labels = None
depends_on = "70629fb4e107"


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("session_id", sa.Uuid(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("plan_id", sa.Integer(), sa.ForeignKey("plans.id"), nullable=False),
        sa.Column("feedback_id", sa.BigInteger(), sa.ForeignKey("feedback.id", ondelete="SET NULL")),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "day"),
    )


def downgrade() -> None:
    op.drop_table("usage")

"""users rate answers

Revision ID: 6f518ea3d006
Revises: 5e407d92cf05
Create Date: 2024-03-01 12:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "6f518ea3d006"
down_revision = "5e407d92cf05"
branch_labels = ("feedback",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("message_id", sa.Integer(), sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False, comment="1 to 5; it's the user's opinion"),
        sa.Column("note", sa.Text()),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars_in_range"),
        comment="what people think: 100% honest",
    )


def downgrade() -> None:
    op.drop_table("feedback")

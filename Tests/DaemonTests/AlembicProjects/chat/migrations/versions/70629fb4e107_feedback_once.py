"""one opinion a message

Revision ID: 70629fb4e107
Revises: 6f518ea3d006
Create Date: 2024-03-02 12:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "70629fb4e107"
down_revision = "6f518ea3d006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint("one_opinion", "feedback", ["message_id"], deferrable=True, initially="DEFERRED")
    op.alter_column("feedback", "stars", type_=sa.Integer(), existing_type=sa.SmallInteger(), existing_nullable=False)


def downgrade() -> None:
    op.alter_column("feedback", "stars", type_=sa.SmallInteger(), existing_type=sa.Integer(), existing_nullable=False)
    op.drop_constraint("one_opinion", "feedback", type_="unique")

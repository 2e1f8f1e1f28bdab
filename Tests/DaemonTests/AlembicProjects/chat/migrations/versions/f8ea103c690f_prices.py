"""prices in cents, written with values

Revision ID: f8ea103c690f
Revises: e7d90f2b580e
Create Date: 2024-04-06 10:00:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f8ea103c690f"
down_revision = "e7d90f2b580e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("cents", sa.Integer(), sa.Computed("(price * 100)::integer", persisted=True)))
    plans = sa.table("plans", sa.column("name", sa.String), sa.column("features", postgresql.ARRAY(sa.Text)))
    op.execute(plans.update().where(plans.c.name == "Free").values(features=["one session", "it's slow"]))
    op.get_bind().execute(sa.text("UPDATE plans SET price = :price WHERE name LIKE '%50%%'"), {"price": 4.75})


def downgrade() -> None:
    op.drop_column("plans", "cents")

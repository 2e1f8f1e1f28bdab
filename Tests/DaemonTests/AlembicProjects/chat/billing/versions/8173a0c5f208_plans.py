"""plans that people pay for

Revision ID: 8173a0c5f208
Revises: 5e407d92cf05
Create Date: 2024-03-01 13:00:00

"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "8173a0c5f208"
down_revision = "5e407d92cf05"
branch_labels = ("billing", "money")
depends_on = None


def upgrade() -> None:
    plans = op.create_table(
        "plans",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("price", sa.Numeric(10, 2), nullable=False),
        sa.Column("features", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("since", sa.Date()),
    )
    op.bulk_insert(
        plans,
        [
            {"id": 1, "name": "Free", "price": 0, "since": date(2024, 3, 1)},
            {"id": 2, "name": "People's 50% off", "price": 9.5, "since": None},
            {"id": 3, "name": "C:\\path :not_a_parameter", "price": 20, "since": date(2024, 3, 2)},
        ],
    )


def downgrade() -> None:
    op.drop_table("plans")

"""plans have a slug that is made of their name

Revision ID: e7d90f2b580e
Revises: d6c8f51a470d
Create Date: 2024-04-05 10:00:00

"""

import re

import sqlalchemy as sa
from alembic import op

revision = "e7d90f2b580e"
down_revision = "d6c8f51a470d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plans", sa.Column("slug", sa.String(80)))
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, name FROM plans ORDER BY id")).fetchall():
        connection.execute(
            sa.text("UPDATE plans SET slug = :slug WHERE id = :id"),
            {"slug": re.sub("[^a-z0-9]+", "-", row.name.lower()), "id": row.id},
        )
    op.alter_column("plans", "slug", nullable=False)


def downgrade() -> None:
    op.drop_column("plans", "slug")

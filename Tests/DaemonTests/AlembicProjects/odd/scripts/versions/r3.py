"""hides that it asks

Revision ID: r3
Revises: r2

"""

import sqlalchemy as sa
from alembic import op

revision = "r3"
down_revision = "r2"


def upgrade():
    op.execute("CREATE TABLE before_it_asked ()")
    try:
        count = op.get_bind().scalar(sa.text("SELECT count(*) FROM t"))
    except Exception:
        count = 0
    if count == 0:
        op.execute("CREATE TABLE only_if_empty ()")


def downgrade():
    if sa.inspect(op.get_bind()).has_table("only_if_empty"):
        op.drop_table("only_if_empty")
    op.drop_table("before_it_asked")

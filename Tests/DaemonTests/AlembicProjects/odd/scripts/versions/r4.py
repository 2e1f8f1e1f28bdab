"""knows its dialect and gives values

Revision ID: r4
Revises: r3

"""

import sqlalchemy as sa
from alembic import op

revision = "r4"
down_revision = "r3"


def upgrade():
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        bind.execute(sa.text("INSERT INTO t (a, b) VALUES (:a, :b)"), [{"a": 1, "b": "it's"}, {"a": 2, "b": None}])
    bind.exec_driver_sql("UPDATE t SET b = 'a:b' || a::text")
    op.execute("DISCARD ALL")


def downgrade():
    with op.batch_alter_table("t", recreate="always") as batch:
        batch.drop_column("b")

"""several statements at once: with a colon

Revision ID: r1
Create Date: 2019-05-06 07:08:09

"""

from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.execute(
        """
        -- what a script would say
        CREATE TABLE t (a int, b text DEFAULT 'x;y%');
        CREATE VIEW v AS
            SELECT a::text, '100%' AS share
              FROM t;
        """
    )


def downgrade():
    raise NotImplementedError("there is no way back")

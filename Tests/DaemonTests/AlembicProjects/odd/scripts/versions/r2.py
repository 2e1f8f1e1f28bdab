"""commits by itself

Revision ID: r2
Revises: r1

"""

from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    op.execute("COMMIT")
    op.execute("ALTER TYPE mood ADD VALUE 'odd'")


def downgrade():
    pass

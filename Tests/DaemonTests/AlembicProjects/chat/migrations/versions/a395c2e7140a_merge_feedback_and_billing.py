"""merge feedback and billing

Revision ID: a395c2e7140a
Revises: 70629fb4e107, 9284b1d60309
Create Date: 2024-03-08 10:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "a395c2e7140a"
down_revision = ("70629fb4e107", "9284b1d60309")
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass

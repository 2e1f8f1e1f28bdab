"""values of every kind

Revision ID: 3c2e540a0d13
Revises: 2b1d436f9c12
Create Date: 2024-05-04 10:00:00

"""

import uuid
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3c2e540a0d13"
down_revision = "2b1d436f9c12"
branch_labels = None
depends_on = None


def upgrade() -> None:
    samples = op.create_table(
        "samples",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("details", postgresql.JSONB()),
        sa.Column("raw", sa.JSON()),
        sa.Column("bytes", sa.LargeBinary()),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("daily", sa.Time()),
        sa.Column("lasts", sa.Interval()),
        sa.Column("is_good", sa.Boolean()),
        sa.Column("ratio", sa.Float()),
        sa.Column("amount", sa.Numeric(12, 4)),
        sa.Column("kind", sa.Enum("small", "it's large", name="sample_kind")),
        sa.Column("tags", postgresql.ARRAY(sa.String(20))),
        sa.Column("note", sa.Text()),
    )
    op.bulk_insert(
        samples,
        [
            {
                "id": uuid.UUID(int=1),
                "details": {"a": [1, None, "it's"], "\u00fc": "100%"},
                "raw": None,
                "bytes": b"\x00\xff'\\",
                "at": datetime(2024, 5, 4, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
                "daily": time(10, 30),
                "lasts": timedelta(days=1, seconds=5),
                "is_good": True,
                "ratio": 1.5e-7,
                "amount": Decimal("12345.6700"),
                "kind": "it's large",
                "tags": ["a, b", 'c"d', "e\\f"],
                "note": "two\nlines,\ta tab;\n-- no comment\n",
            },
        ],
    )
    op.execute(samples.insert().values(id=uuid.UUID(int=2), details=sa.null(), is_good=False, tags=[]))
    op.execute(
        sa.update(samples).where(samples.c.id == uuid.UUID(int=2)).values(details={"b": 2}, ratio=samples.c.ratio + 1)
    )


def downgrade() -> None:
    op.drop_table("samples")
    sa.Enum(name="sample_kind").drop(op.get_bind())

"""a message touches its session

Revision ID: d6c8f51a470d
Revises: c5b7e409360c
Create Date: 2024-04-03 10:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "d6c8f51a470d"
down_revision = "c5b7e409360c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("touched_at", sa.DateTime(timezone=True)))
    op.execute(
        """
        CREATE FUNCTION touch_session() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            -- a comment; with a semicolon
            UPDATE sessions SET touched_at = now()::timestamptz
             WHERE id = NEW.session_id AND NEW.content NOT LIKE '100%';
            RAISE DEBUG 'touched % by %', NEW.session_id, NEW.id;
            RETURN NEW;
        END
        $body$
        """
    )
    op.execute(
        """
        CREATE TRIGGER touch_session AFTER INSERT ON messages
            FOR EACH ROW EXECUTE FUNCTION touch_session();
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER touch_session ON messages")
    op.execute("DROP FUNCTION touch_session()")
    op.drop_column("sessions", "touched_at")

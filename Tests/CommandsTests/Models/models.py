"""Sessions and their messages as SQLAlchemy models; run as a program it prints what makes their tables."""

import datetime
import enum

from sqlalchemy import Enum, ForeignKey, Index, String, create_mock_engine, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Role(enum.Enum):
    user = "user"
    assistant = "assistant"


class Session(Base):
    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20), server_default="open")
    created_at: Mapped[datetime.datetime] = mapped_column(server_default=func.now())
    details: Mapped[dict | None] = mapped_column(JSONB)
    __table_args__ = (Index("sessions_open", "created_at", postgresql_where=text("status = 'open'")),)


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(Enum(Role, name="role"))
    body: Mapped[str]


if __name__ == "__main__":
    engine = create_mock_engine("postgresql://", lambda sql, *_, **__: print(f"{sql.compile(dialect=engine.dialect)};"))
    Base.metadata.create_all(engine, checkfirst=False)

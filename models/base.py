"""The declarative base, the naming of constraints, and the column types that every table shares."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, ForeignKey, Integer, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite gives an automatic number only to a column of the exact type INTEGER, which holds 64 bits there anyway.
Key = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored and read as UTC on every database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (given by SQLAlchemy)
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone: use datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (given by SQLAlchemy)
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(words: type[StrEnum], name: str | None = None) -> Enum:
    """A column of one of these words, as text with a CHECK (called `name`), so that both databases refuse any
    other word.
    """
    return Enum(
        words,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name or words.__name__.lower(),
        values_callable=lambda enum: [member.value for member in enum],
    )


def reference(column: str, *, ondelete: str = "RESTRICT", **options: Any) -> Any:  # noqa: ANN401 (as mapped_column)
    """A foreign key that never deletes silently: what is still used stays."""
    return mapped_column(Key, ForeignKey(column, ondelete=ondelete), **options)


Id = Annotated[int, mapped_column(Key, primary_key=True, autoincrement=True)]
Micros = Annotated[int, mapped_column(BigInteger, default=0)]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
Currency = Annotated[str, mapped_column(String(3))]
Name = Annotated[str, mapped_column(String(120))]

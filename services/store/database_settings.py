"""The settings of the database: where it is, how many connections, and how long anybody waits (docs/production.md)."""

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from models.database import Waits
from models.database_url import parse_database_url


class DatabaseSettings(BaseSettings):
    """A part of services.store.settings.Settings."""

    database_url: str | None = Field(
        None,
        description="sqlite:///FILE or postgresql+psycopg://USER@HOST,HOST/NAME, several hosts being a primary and its "
        "standbys (docs/production.md); empty = SQLite in the state directory",
    )
    database_connections: int = Field(
        8,
        ge=2,
        le=64,
        description="Connections of each server to its database: database work at once in a FastAGI server, pages at "
        "once in a process of the console",
    )
    database_connect_seconds: int = Field(
        2, ge=2, le=60, description="How long to wait for a host of PostgreSQL before the next one is tried"
    )
    database_statement_seconds: int = Field(
        10, ge=1, le=3_600, description="PostgreSQL's statement_timeout for whoever writes"
    )
    database_lock_seconds: int = Field(5, ge=1, le=3_600, description="PostgreSQL's lock_timeout for whoever writes")
    database_idle_seconds: int = Field(
        30,
        ge=5,
        le=3_600,
        description="PostgreSQL's idle_in_transaction_session_timeout for whoever writes: how long one that died in a "
        "transaction can lock what it had changed",
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value:
            parse_database_url(value)
        return value

    @property
    def database_waits(self) -> Waits:
        return Waits(
            connect=self.database_connect_seconds,
            statement=self.database_statement_seconds,
            lock=self.database_lock_seconds,
            idle=self.database_idle_seconds,
        )

"""The engines of an installation: its database, its pool and its waits, all by its settings."""

from sqlalchemy import Engine

from models.database import READ_POOL_SIZE_DEFAULT, make_engine, make_read_engine
from services.store.settings import Settings


def write_engine(settings: Settings, *, connections: int = 1, pre_ping: bool = False) -> Engine:
    """For transactions that write; one connection is enough for work that goes step by step."""
    url = settings.database_url_or_default
    return make_engine(url, pool_size=connections, waits=settings.database_waits, pre_ping=pre_ping)


def read_engine(settings: Settings, *, connections: int = READ_POOL_SIZE_DEFAULT) -> Engine:
    """For one moment of the database; nothing can be written."""
    return make_read_engine(settings.database_url_or_default, pool_size=connections, waits=settings.database_waits)

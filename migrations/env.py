"""Runs the migrations: on the connection that a caller gives, else on the database of the environment."""

from alembic import context
from sqlalchemy import Connection

from models import Base
from services.store.engines import write_engine
from services.store.settings import Settings


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with write_engine(Settings()).connect() as own:
        run(own)

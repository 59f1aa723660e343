"""Which schema the database has: asked before every command, so without Alembic, which takes a second and 8 MB."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

import migrations


def newest_revision() -> str:
    """The revision that this release was written for; a migration's file begins with its number."""
    files = Path(migrations.__file__).parent.glob("versions/[0-9]*_*.py")
    return max(file.name.partition("_")[0] for file in files)


def is_current(engine: Engine) -> bool:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        revisions = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
        return list(revisions) == [newest_revision()]

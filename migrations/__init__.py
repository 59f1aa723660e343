"""Alembic migrations, one change each."""

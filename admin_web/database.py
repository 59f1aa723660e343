"""The sessions of a request, as every web door has them (web_base/database.py)."""

from web_base.database import engines, fresh_session, read_session, set_up_database, write_session

__all__ = ["engines", "fresh_session", "read_session", "set_up_database", "write_session"]

"""The numbers of keys that may seal nothing new, since a rotation to a newer key has begun."""

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from models import Job

ROTATE_KEYS = "rotate_keys"  # the job's key is the number of the new key


class KeyClosed(Exception):
    """A newer key is in use than those at hand; the sentence says what to do."""


def newest_rotation(session: Session) -> int:
    """The number of the newest key to which a rotation has begun; 0 where there never was one."""
    query = select(func.coalesce(func.max(cast(Job.key, Integer)), 0)).where(Job.kind == ROTATE_KEYS)
    return session.scalars(query).one()


def refuse_closed_key(session: Session, number: int) -> None:
    """Call it AFTER the rows sealed by this key were inserted, in the same transaction.

    A rotation closes the old key, then waits for the transactions that have already inserted. One that inserts later
    sees the key closed here and takes its rows back: no row is left behind under a key that is dropped.
    """
    newest = newest_rotation(session)
    if number < newest:
        raise KeyClosed(f"Key {newest} is in use, but the key file ends with {number}: copy the newer file here.")

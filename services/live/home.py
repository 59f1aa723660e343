"""On which Asterisk a call is: its name stands before the unique id of the caller's channel (systemname)."""

import re
from collections.abc import Collection
from typing import Final

_UNIQUE_ID: Final = re.compile(r"(?P<home>[A-Za-z0-9_.-]{1,40})-[0-9]+\.[0-9]+")


def home_of(channel_id: str) -> str:
    """north-1795834435.254 is a channel of north; without a systemname it is a channel of any ('')."""
    found = _UNIQUE_ID.fullmatch(channel_id)
    return found["home"] if found else ""


def is_ours(home: str, watched: Collection[str], known: Collection[str]) -> bool:
    """A watcher decides about calls of the Asterisks that it watches. A call that names none may be on any: only who
    watches all of them knows.
    """
    return home in watched if home else set(known) <= set(watched)

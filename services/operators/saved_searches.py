"""Searches that an operator keeps for itself: a name for the address of a list with its filters and columns."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Operator

SEARCHES_MAX = 50  # of one operator
NAME_LENGTH_MAX = 60
ADDRESS_LENGTH_MAX = 1_000
KEY = "searches"


class SearchRefused(ValueError):
    """It cannot be kept so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    name: str
    address: str


def saved_searches(preferences: dict[str, Any], path: str) -> list[SavedSearch]:
    """Those of one list, by name."""
    mine = [SavedSearch(name, address) for name, address in preferences.get(KEY, {}).items()]
    return sorted((one for one in mine if urlsplit(one.address).path == path), key=lambda one: one.name.casefold())


def save_search(session: Session, operator_id: int, name: str, address: str) -> None:
    """A name that is kept already gets the new address."""
    chosen = " ".join(name.split())
    if not 1 <= len(chosen) <= NAME_LENGTH_MAX:
        raise SearchRefused(f"A search needs a name of 1 to {NAME_LENGTH_MAX} characters.")
    if len(address) > ADDRESS_LENGTH_MAX:
        raise SearchRefused("This search has too many filters to be kept.")
    preferences = _preferences(session, operator_id)
    searches = {**preferences.get(KEY, {}), chosen: address}
    if len(searches) > SEARCHES_MAX:
        raise SearchRefused(f"You keep {SEARCHES_MAX} searches already: forget one first.")
    _write(session, operator_id, {**preferences, KEY: searches})


def forget_search(session: Session, operator_id: int, name: str) -> None:
    preferences = _preferences(session, operator_id)
    searches = {kept: address for kept, address in preferences.get(KEY, {}).items() if kept != name}
    _write(session, operator_id, {**preferences, KEY: searches})


def _preferences(session: Session, operator_id: int) -> dict[str, Any]:
    """Locked: two pages of one operator may be saved at once."""
    found = session.scalars(select(Operator.preferences).where(Operator.id == operator_id).with_for_update()).one()
    return dict(found or {})


def _write(session: Session, operator_id: int, preferences: dict[str, Any]) -> None:
    session.execute(update(Operator).where(Operator.id == operator_id).values(preferences=preferences))

"""Who sends lists of rates, and how their files are to be read: what was said once is said for the next file too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import RateSender
from services.rate_import.refusals import FileRefused

NAME_MAX: Final = 120
REMEMBERED: Final = ("dates", "decimal", "notice_days")


@dataclass(frozen=True, slots=True)
class Sender:
    id: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def sender_called(session: Session, name: str | None) -> Sender:
    """One without a past if nothing was ever taken of that name."""
    if name is not None and not 0 < len(name.strip()) <= NAME_MAX:
        raise FileRefused(f"A sender's name has 1 to {NAME_MAX} characters.")
    query = select(RateSender.id, RateSender.columns, RateSender.options).where(RateSender.name == name)
    found = None if name is None else session.execute(query).one_or_none()
    return Sender() if found is None else Sender(found.id, found.columns, found.options)


def remember_sender(
    session: Session, name: str | None, columns: Mapping[str, str], options: Mapping[str, Any]
) -> int | None:
    """The sender's id; the caller commits."""
    if name is None:
        return None
    sender = session.scalars(select(RateSender).where(RateSender.name == name).with_for_update()).one_or_none()
    if sender is None:
        sender = RateSender(name=name)
        session.add(sender)
    sender.columns = dict(columns)
    sender.options = {word: options[word] for word in REMEMBERED if options.get(word) is not None}
    session.flush()
    return sender.id

"""Sessions in the portal: opened by log-in, known by a token that only the browser has, over after minutes without a
page, with a new PIN, and when the card is replaced.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, update
from sqlalchemy.orm import Session

from models import Card, CardSession
from services.cards.card_facts import CARD_QUERY, CardFacts, find_card_beside
from services.holders.log_in import OPEN_TO_HOLDERS

TOKEN_BYTES: Final = 32
IDLE_MINUTES_MAX: Final = 15  # phones are lent, and shops have one computer for all
HOURS_MAX: Final = 4
SEEN_EVERY_SECONDS: Final = 60  # not a write for each page
CARD_OF_SESSION: Final = (
    CARD_QUERY.add_columns(CardSession.pin_mark, CardSession.seen_at)
    .join(CardSession, CardSession.card_id == Card.id)
    .where(
        CardSession.token_digest == bindparam("token"),
        CardSession.ended_at.is_(None),
        CardSession.created_at > bindparam("begun_after"),
        CardSession.seen_at > bindparam("seen_after"),
        *OPEN_TO_HOLDERS,
    )
)


@dataclass(frozen=True, slots=True)
class Held:
    """A living session: whose card, and when its last page was noted."""

    card: CardFacts
    seen_at: datetime


def open_card_session(session: Session, card: CardFacts, now: datetime, address: str | None = None) -> str:
    """The token for the browser's cookie; the database keeps its digest only. Sessions of the card that are long over
    go.
    """
    over = (CardSession.card_id == card.card_id) & (CardSession.created_at <= _oldest(now))
    session.execute(delete(CardSession).where(over))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    opened = CardSession(token_digest=_digest(token), card_id=card.card_id, pin_mark=_mark(card))
    opened.created_at, opened.seen_at, opened.address = now, now, address
    session.add(opened)
    session.flush()
    return token


def find_card_session(session: Session, token: str, now: datetime) -> Held | None:
    """None: unknown, ended, idle for too long, of another PIN, or its card is not for the portal any more."""
    values = {
        "token": _digest(token),
        "begun_after": _oldest(now),
        "seen_after": now - timedelta(minutes=IDLE_MINUTES_MAX),
    }
    found = find_card_beside(session, CARD_OF_SESSION, values)
    if found is None:
        return None
    card, (pin_mark, seen_at) = found
    return Held(card, seen_at) if hmac.compare_digest(pin_mark, _mark(card)) else None


def note_card_session_seen(session: Session, token: str, now: datetime) -> None:
    session.execute(update(CardSession).where(CardSession.token_digest == _digest(token)).values(seen_at=now))


def end_card_session(session: Session, token: str, now: datetime) -> None:
    this_one = (CardSession.token_digest == _digest(token)) & CardSession.ended_at.is_(None)
    session.execute(update(CardSession).where(this_one).values(ended_at=now))


def _oldest(now: datetime) -> datetime:
    return now - timedelta(hours=HOURS_MAX)


def _mark(card: CardFacts) -> bytes:
    """Tells one PIN of the card from another, and nothing about either."""
    return hashlib.sha256(card.pin_digest).digest()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

"""Sessions in the console: opened at sign-in, known by a token that only the browser has, ended by anyone in charge."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from models import Operator, OperatorSession
from services.operators.operator_facts import COLUMNS, OperatorFacts

TOKEN_BYTES = 32
IDLE_MINUTES_MAX = 60
HOURS_MAX = 12  # a working day; then the password is asked for again
SEEN_EVERY_SECONDS = 60  # not a write for each page
PROOF_MINUTES = 10  # how long an entered password allows secrets to be shown


@dataclass(frozen=True, slots=True)
class Signed:
    """A living session: whose, and whether its password was entered a short while ago."""

    operator: OperatorFacts
    proved_at: datetime
    seen_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        return now - self.proved_at < timedelta(minutes=PROOF_MINUTES)


def open_session(
    session: Session, operator_id: int, now: datetime, *, address: str | None = None, browser: str | None = None
) -> str:
    """The token for the browser's cookie; the database keeps its digest only."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    times = {"created_at": now, "seen_at": now, "proved_at": now}
    opened = OperatorSession(token_digest=_digest(token), operator_id=operator_id, **times)
    opened.address, opened.browser = address, (browser or "")[:200] or None
    session.add(opened)
    session.flush()
    return token


def find_session(session: Session, token: str, now: datetime) -> Signed | None:
    """None: unknown, ended, too old, idle for too long, or its operator was disabled."""
    row = session.execute(
        select(*COLUMNS, OperatorSession.proved_at, OperatorSession.seen_at)
        .join(OperatorSession, OperatorSession.operator_id == Operator.id)
        .where(
            OperatorSession.token_digest == _digest(token),
            OperatorSession.ended_at.is_(None),
            OperatorSession.created_at > now - timedelta(hours=HOURS_MAX),
            OperatorSession.seen_at > now - timedelta(minutes=IDLE_MINUTES_MAX),
            Operator.is_enabled,
        )
    ).one_or_none()
    if row is None:
        return None
    *facts, proved_at, seen_at = row
    return Signed(OperatorFacts(*facts), proved_at, seen_at)


def note_seen(session: Session, token: str, now: datetime) -> None:
    session.execute(_mine(token).values(seen_at=now))


def note_proof(session: Session, token: str, now: datetime) -> None:
    """The password was entered again."""
    session.execute(_mine(token).values(proved_at=now))


def end_session(session: Session, token: str, now: datetime) -> None:
    session.execute(_mine(token).values(ended_at=now))


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its operator sees it: since when, from where. `key` names it and opens nothing."""

    key: str
    created_at: datetime
    seen_at: datetime
    address: str | None
    browser: str | None
    is_this: bool


def sessions_of(session: Session, operator_id: int, token: str | None, now: datetime) -> list[OpenSession]:
    """The living ones, the latest seen first; `token` is that of whoever looks."""
    mine = b"" if token is None else _digest(token)
    rows = session.scalars(
        select(OperatorSession)
        .where(
            OperatorSession.operator_id == operator_id,
            OperatorSession.ended_at.is_(None),
            OperatorSession.created_at > now - timedelta(hours=HOURS_MAX),
            OperatorSession.seen_at > now - timedelta(minutes=IDLE_MINUTES_MAX),
        )
        .order_by(OperatorSession.seen_at.desc())
    )
    return [
        OpenSession(
            row.token_digest.hex(), row.created_at, row.seen_at, row.address, row.browser, row.token_digest == mine
        )
        for row in rows
    ]


def end_session_by_key(session: Session, operator_id: int, key: str, now: datetime) -> bool:
    """One of the operator's own; False: there is none, or it has ended."""
    try:
        digest = bytes.fromhex(key)
    except ValueError:
        return False
    ended = session.scalars(
        update(OperatorSession)
        .where(
            OperatorSession.token_digest == digest,
            OperatorSession.operator_id == operator_id,
            OperatorSession.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(OperatorSession.operator_id)
    )
    return ended.one_or_none() is not None


def end_other_sessions(session: Session, operator_id: int, token: str, now: datetime) -> int:
    """All but the one of whoever asks; how many there were."""
    others = (
        OperatorSession.operator_id == operator_id,
        OperatorSession.ended_at.is_(None),
        OperatorSession.token_digest != _digest(token),
    )
    ended = update(OperatorSession).where(*others).values(ended_at=now).returning(OperatorSession.operator_id)
    return len(session.scalars(ended).all())


def end_sessions_of(session: Session, operator_id: int, now: datetime) -> int:
    """How many there were."""
    mine = (OperatorSession.operator_id == operator_id, OperatorSession.ended_at.is_(None))
    ended = session.scalars(
        update(OperatorSession).where(*mine).values(ended_at=now).returning(OperatorSession.operator_id)
    )
    return len(ended.all())


def _mine(token: str) -> Update:
    return update(OperatorSession).where(OperatorSession.token_digest == _digest(token))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

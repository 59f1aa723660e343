"""Challenges of security keys: kept in the database, taken away by the answer, worth nothing after some minutes."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Ceremony, OperatorChallenge

CHALLENGE_BYTES = 32
CHALLENGE_SECONDS_MAX = 300  # to find the key and press it; as long as the right password waits for its second step
CHALLENGES_MAX = 10  # that wait at once of one operator: a few open pages


def draw_challenge(session: Session, operator_id: int, ceremony: Ceremony, now: datetime) -> bytes:
    """A new one; the oldest of too many goes, and those that nobody answered in time."""
    drawn = secrets.token_bytes(CHALLENGE_BYTES)
    mine = OperatorChallenge.operator_id == operator_id
    newest = select(OperatorChallenge.challenge).where(mine, OperatorChallenge.made_at > _oldest(now))
    kept = session.scalars(newest.order_by(OperatorChallenge.made_at.desc()).limit(CHALLENGES_MAX - 1)).all()
    session.execute(delete(OperatorChallenge).where(mine, OperatorChallenge.challenge.not_in(kept)))
    session.add(OperatorChallenge(challenge=drawn, operator_id=operator_id, ceremony=ceremony, made_at=now))
    session.flush()
    return drawn


def take_challenge(session: Session, challenge: bytes, operator_id: int, ceremony: Ceremony, now: datetime) -> bool:
    """Whether it was drawn for this operator and this purpose a short while ago and nobody has answered it yet."""
    taken = session.scalars(
        delete(OperatorChallenge)
        .where(
            OperatorChallenge.challenge == challenge,
            OperatorChallenge.operator_id == operator_id,
            OperatorChallenge.ceremony == ceremony,
            OperatorChallenge.made_at > _oldest(now),
        )
        .returning(OperatorChallenge.operator_id)
    )
    return taken.one_or_none() is not None


def forget_challenges(session: Session, operator_id: int) -> None:
    session.execute(delete(OperatorChallenge).where(OperatorChallenge.operator_id == operator_id))


def _oldest(now: datetime) -> datetime:
    return now - timedelta(seconds=CHALLENGE_SECONDS_MAX)

"""Remember the language that a caller chose for the card."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import Card


def set_card_language(session: Session, card_id: int, language: str) -> None:
    session.execute(update(Card).where(Card.id == card_id).values(language=language))

"""The PIN of one card, for an operator who may see it: named in the audit log before it is read."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Right
from models import Card, CardSeries
from services.audit.audit import Act, Actor
from services.cards.card_facts import CardFacts
from services.keys.permit import Permit, PermitRefused, ask_permit
from services.keys.pin_keys import KeySource
from services.series.export_series import pin_text


def permit_reveal(
    session: Session, card: CardFacts, actor: Actor, keys: KeySource, now: datetime
) -> Permit[KeySource] | PermitRefused:
    """In a transaction that ends before the PIN is read; a refusal is named too."""
    owner = session.scalars(select(CardSeries.reseller_id).where(CardSeries.id == card.series.id)).one()
    act = Act("card.pin_revealed", "card", card.number)
    return ask_permit(session, actor, [Right.SEE_PINS], keys, act, now, reseller_id=owner)


def revealed_pin(session: Session, permit: Permit[KeySource], card: CardFacts) -> str | None:
    """In groups of four (JC-49); None where its printable copy was erased."""
    encrypted = session.scalars(select(Card.pin_encrypted).where(Card.id == card.card_id)).one()
    return pin_text(permit.keys.current(), encrypted, card.number)

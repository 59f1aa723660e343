"""The numbers that a holder may dial to use the card (M-19): open ones, whose plan takes the card's group."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AccessNumber, IvrPlan, IvrPlanGroup
from services.cards.card_facts import CardFacts

SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class DialIn:
    """`language` is what is spoken first; the surcharge is on top of the price of a call, in the card's currency."""

    number: str
    language: str
    surcharge_micros: int
    surcharge_per_minute_micros: int


def access_numbers_of(session: Session, card: CardFacts, language: str | None = None) -> list[DialIn]:
    """Those that speak the language first; then those that cost nothing on top."""
    query = (
        select(AccessNumber, IvrPlan.languages)
        .join(IvrPlan, IvrPlan.id == AccessNumber.ivr_plan_id)
        .join(IvrPlanGroup, IvrPlanGroup.ivr_plan_id == IvrPlan.id)
        .where(IvrPlanGroup.card_group_id == card.group.id, AccessNumber.is_enabled, IvrPlan.is_enabled)
        .order_by(AccessNumber.surcharge_per_minute_micros, AccessNumber.surcharge_micros, AccessNumber.number)
        .limit(SHOWN_MAX)
    )
    found = [
        DialIn(
            access.number,
            access.language or next(iter(languages), ""),
            access.surcharge_micros,
            access.surcharge_per_minute_micros,
        )
        for access, languages in session.execute(query)
    ]
    return sorted(found, key=lambda one: one.language != language)

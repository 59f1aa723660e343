"""The languages in which a card can be spoken to, and the one that its holder chose."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import IvrPlan, IvrPlanGroup
from services.calls.set_card_language import set_card_language
from services.cards.card_facts import CardFacts


def spoken_languages(session: Session, card: CardFacts) -> list[str]:
    """Those of the open plans that take the card's group."""
    query = (
        select(IvrPlan.languages)
        .join(IvrPlanGroup, IvrPlanGroup.ivr_plan_id == IvrPlan.id)
        .where(IvrPlanGroup.card_group_id == card.group.id, IvrPlan.is_enabled)
    )
    return sorted({language for languages in session.scalars(query) for language in languages})


def choose_spoken_language(session: Session, card: CardFacts, language: str) -> bool:
    """False: nobody speaks it there."""
    if language not in spoken_languages(session, card):
        return False
    set_card_language(session, card.card_id, language)
    return True

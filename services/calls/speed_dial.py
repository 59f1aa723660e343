"""Short numbers of a card: look one up, save it, or take it away."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import SpeedDial
from services.store.upsert import insert_or_skip

SLOTS_MAX = 99  # of one card


def find_speed_dial(session: Session, card_id: int, slot: str) -> str | None:
    """The full number in international digits."""
    query = select(SpeedDial.destination).where(SpeedDial.card_id == card_id, SpeedDial.slot == slot)
    return session.scalars(query).one_or_none()


def save_speed_dial(session: Session, card_id: int, slot: str, destination: str) -> bool:
    """False when the card has as many short numbers as it may have."""
    this_one = (SpeedDial.card_id == card_id) & (SpeedDial.slot == slot)
    changed = update(SpeedDial).where(this_one).values(destination=destination).returning(SpeedDial.slot)
    if session.execute(changed).one_or_none() is not None:
        return True
    if session.scalars(select(func.count()).where(SpeedDial.card_id == card_id)).one() >= SLOTS_MAX:
        return False
    insert_or_skip(session, SpeedDial, card_id=card_id, slot=slot, destination=destination)
    return True


def delete_speed_dial(session: Session, card_id: int, slot: str) -> None:
    session.execute(delete(SpeedDial).where(SpeedDial.card_id == card_id, SpeedDial.slot == slot))

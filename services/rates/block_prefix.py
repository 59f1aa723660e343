"""Block the numbers of a prefix, or let them be called again: a blocked prefix hides its shorter ones, too."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Rate
from services.audit.audit import Actor
from services.rates.live_rates import live_rates
from services.rates.rate_fields import TERM_FIELDS
from services.rates.save_rate import SavedRate, add_rate, change_rate
from services.store.fields import FieldsRefused

AMOUNTS = tuple(field.name for field in TERM_FIELDS if field.name.endswith("_micros"))


def block_prefix(
    session: Session, table_id: int, prefix: str, actor: Actor, now: datetime, *, destination_name: str | None = None
) -> list[SavedRate]:
    """From now on. Every rate that the prefix has from now on is blocked; without one, a blocked rate is added."""
    rates = _rates(session, table_id, prefix, now)
    if not rates:
        name = destination_name or _destination_name(session, table_id, prefix)
        return [add_rate(session, table_id, _blocked(prefix, name), actor, now)]
    changed = [change_rate(session, rate.id, {"is_blocked": True}, actor, now) for rate in rates if not rate.is_blocked]
    if not changed:
        raise FieldsRefused({"": f"The prefix {prefix} is blocked already."})
    return changed


def unblock_prefix(session: Session, table_id: int, prefix: str, actor: Actor, now: datetime) -> list[SavedRate]:
    """From now on. A rate without any price was only ever a block: it would let calls through for nothing."""
    rates = [rate for rate in _rates(session, table_id, prefix, now) if rate.is_blocked]
    if not rates:
        raise FieldsRefused({"": f"The prefix {prefix} is not blocked."})
    if any(not rate.steps and not any(getattr(rate, name) for name in AMOUNTS) for rate in rates):
        raise FieldsRefused(
            {"": f"The rate of {prefix} has no price, so its calls would cost nothing: give it a price, or end it."}
        )
    return [change_rate(session, rate.id, {"is_blocked": False}, actor, now) for rate in rates]


def _rates(session: Session, table_id: int, prefix: str, now: datetime) -> list[Rate]:
    """Those that hold now or later."""
    lasts = Rate.valid_until.is_(None) | (Rate.valid_until > now)
    query = select(Rate).where(live_rates(table_id), Rate.prefix == prefix, lasts)
    return list(session.scalars(query.order_by(Rate.valid_from)))


def _blocked(prefix: str, name: str) -> dict[str, object]:
    return {"prefix": prefix, "destination_name": name, "price_per_minute_micros": 0, "is_blocked": True}


def _destination_name(session: Session, table_id: int, prefix: str) -> str:
    """As the longest shorter prefix calls it."""
    shorter = [prefix[:length] for length in range(1, len(prefix))]
    query = select(Rate.destination_name).where(live_rates(table_id), Rate.prefix.in_(shorter))
    found = session.scalars(query.order_by(Rate.prefix.desc()).limit(1)).one_or_none()
    if found is None:
        raise FieldsRefused({"destination_name": f"The table has no rate of {prefix}: give the destination a name."})
    return found

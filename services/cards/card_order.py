"""What is asked for cards, and whether it can be: checked before the first card is touched."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from billing.card_acts import CardAct
from billing.states import SeriesStatus
from models import CardSeries, Distributor
from services.cards.card_range import CardRange

REASON_LENGTH_MAX = 500
PLACE_LENGTH_MAX = 120


class ActRefused(ValueError):
    """The act cannot be done so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Sale:
    """To whom or where the cards go; one of both at least."""

    place: str | None = None
    distributor_id: int | None = None


@dataclass(frozen=True, slots=True)
class CardOrder:
    """`reason` is needed to block, `sale` to sell; `ends_calls` also ends the calls of blocked cards."""

    act: CardAct
    cards: CardRange
    reason: str | None = None
    sale: Sale | None = None
    ends_calls: bool = False


def checked_series(session: Session, order: CardOrder) -> CardSeries:
    """The series of the cards, if the order can be carried out."""
    if order.cards.first_serial > order.cards.last_serial:
        raise ActRefused("The range is empty: give the first serial first and the last one second.")
    _check_reason(order)
    _check_sale(session, order)
    series = session.get(CardSeries, order.cards.series_id)
    if series is None:
        raise ActRefused("There is no such series: choose one that exists.")
    if series.made_at is None:
        raise ActRefused(f"The cards of series {series.number} are still being made: wait for the end of that job.")
    if series.status is SeriesStatus.DELETED and order.act in (CardAct.RELEASE, CardAct.SELL):
        raise ActRefused(f"Series {series.number} is deleted: bring it back first (stop it, then activate it).")
    return series


def _check_reason(order: CardOrder) -> None:
    length = len((order.reason or "").strip())
    if order.act is CardAct.BLOCK and not length:
        raise ActRefused("A block needs a reason: say why, for example lost, stolen or fraud.")
    if length > REASON_LENGTH_MAX:
        raise ActRefused(f"The reason has {length} characters: give at most {REASON_LENGTH_MAX}.")
    if order.ends_calls and order.act is not CardAct.BLOCK:
        raise ActRefused("Only a block ends calls: leave that out.")


def _check_sale(session: Session, order: CardOrder) -> None:
    sale = order.sale
    if order.act is not CardAct.SELL:
        if sale is not None:
            raise ActRefused("Only a sale has a place or a distributor: leave them out.")
        return
    if sale is None or (not (sale.place or "").strip() and sale.distributor_id is None):
        raise ActRefused("A sale needs a place or a distributor: say where the cards go.")
    if len(sale.place or "") > PLACE_LENGTH_MAX:
        raise ActRefused(f"The place has {len(sale.place or '')} characters: give at most {PLACE_LENGTH_MAX}.")
    if sale.distributor_id is not None:
        _check_distributor(session, sale.distributor_id)


def _check_distributor(session: Session, distributor_id: int) -> None:
    distributor = session.get(Distributor, distributor_id)
    if distributor is None:
        raise ActRefused("There is no such distributor: choose one that exists.")
    if not distributor.is_enabled:
        raise ActRefused(f"The distributor {distributor.name} is switched off: choose another, or switch it on.")

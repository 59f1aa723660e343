"""The jobs that keep cards in order by themselves: what each does to which cards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

from sqlalchemy.orm import Session

from services.audit.audit import Actor, Door
from services.series.apply_expiry import apply_expiry_left, series_being_dated
from services.upkeep.charge_fees import book_due_fees
from services.upkeep.expire_cards import cards_past, count_cards_past, expire_cards, expiry_forecast
from services.upkeep.job_step import JobStep
from services.upkeep.lapse_cards import cards_lapsing, count_cards_lapsing, lapse_cards, lapse_forecast
from services.upkeep.owing_cards import cards_owing, count_cards_owing, fees_forecast


class FindCards(Protocol):
    """A page of the cards that wait for a job, in the order of their ids."""

    def __call__(self, session: Session, now: datetime, *, after_card_id: int, limit: int) -> list[int]: ...


class Forecast(Protocol):
    """What a job would do to these cards; it writes nothing."""

    def __call__(self, session: Session, card_ids: Sequence[int], now: datetime) -> JobStep: ...


@dataclass(frozen=True, slots=True)
class CardJob:
    """`find` and `count` tell which cards wait; `work` is one transaction over some of them. Before them come the
    steps of `prepare`, each a transaction, until it answers False; `unprepared` names the series that they are for.
    """

    name: str
    doing: str
    find: FindCards
    count: Callable[[Session, datetime], int]
    work: Callable[[Session, Sequence[int], datetime, tzinfo], JobStep]
    forecast: Forecast
    prepare: Callable[[Session, datetime, tzinfo], bool] = lambda _session, _now, _zone: False
    unprepared: Callable[[Session], list[int]] = lambda _session: []


FEES = CardJob(
    "fees",
    "book maintenance fees",
    find=cards_owing,
    count=count_cards_owing,
    work=lambda session, card_ids, now, _zone: book_due_fees(session, card_ids, Actor("fees", Door.JOB), now),
    forecast=fees_forecast,
)
EXPIRE = CardJob(
    "expire",
    "expire cards",
    find=cards_past,
    count=count_cards_past,
    work=lambda session, card_ids, now, _zone: expire_cards(session, card_ids, Actor("expire", Door.JOB), now),
    forecast=expiry_forecast,
    prepare=apply_expiry_left,  # a card must not expire by a date that its series no longer has
    unprepared=series_being_dated,
)
LAPSE = CardJob(
    "lapse",
    "lapse balances",
    find=cards_lapsing,
    count=count_cards_lapsing,
    work=lambda session, card_ids, now, zone: lapse_cards(session, card_ids, Actor("lapse", Door.JOB), now, zone),
    forecast=lapse_forecast,
    prepare=apply_expiry_left,
    unprepared=series_being_dated,
)
CARD_JOBS: Mapping[str, CardJob] = {job.name: job for job in (FEES, EXPIRE, LAPSE)}

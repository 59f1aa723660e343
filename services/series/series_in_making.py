"""How far a series is: read under the lock that lets one generator at a time make its cards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from billing.card_number import SERIAL_MAX
from billing.states import JobState
from models import Card, CardGroup, CardSeries, Job, WalletKind
from services.series.series_terms import SeriesRefused

CARDS_A_CHUNK = 30_000  # half a second: what a kill may lose, and how long others wait for a lock
CARD_ENDS = ("expires_at", "grace_ends_at")


class QuantityWrong(Exception):
    """A series would end with more or fewer cards than were asked for; it stays unusable."""


class SeriesCancelled(SeriesRefused):
    """Whoever makes its cards stops here."""


@dataclass(frozen=True, slots=True)
class SeriesInMaking:
    """`card` and `wallet` are what each card has from the start."""

    job_id: int
    series_id: int
    series_number: int
    quantity: int
    done: int
    next_serial: int
    pin_length: int
    card: dict[str, object]
    wallet: dict[str, object]

    def serials(self) -> range:
        """Those of the next chunk, if none is taken."""
        end = self.next_serial + min(CARDS_A_CHUNK, self.quantity - self.done)
        return range(self.next_serial, min(end, SERIAL_MAX + 1))

    def after(self, serials: Sequence[int]) -> "SeriesInMaking":
        """When the next chunk is made, with these of its serials."""
        return replace(self, done=self.done + len(serials), next_serial=self.serials().stop)


def lock_series(session: Session, job_id: int) -> SeriesInMaking:
    """The place where its generation stands. Whoever else makes the same series waits for this transaction."""
    columns = (Job.key, Job.state, Job.done, Job.total, Job.parameters, Job.result)
    job = session.execute(select(*columns).where(Job.id == job_id).with_for_update()).one()
    if job.state is JobState.CANCELLED:
        raise SeriesCancelled(f"The making of series {job.key} was cancelled: choose another series number.")
    query = (
        select(CardSeries.number, CardSeries.pin_length, CardSeries.initial_card_status, CardSeries.face_value_micros)
        .add_columns(CardGroup.currency)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
    )
    series = session.execute(query.where(CardSeries.id == job.result["series_id"])).one()
    ends = {name: datetime.fromisoformat(end) for name, end in job.parameters.items() if name in CARD_ENDS}
    value = series.face_value_micros
    return SeriesInMaking(
        job_id=job_id,
        series_id=job.result["series_id"],
        series_number=series.number,
        quantity=job.total,
        done=job.done,
        next_serial=job.result["next_serial"],
        pin_length=series.pin_length,
        card={"series_id": job.result["series_id"], "status": series.initial_card_status, **ends},
        wallet={
            "kind": WalletKind.CARD,
            "currency": series.currency,
            "opening_micros": value,
            "balance_micros": value,
            "series_id": job.result["series_id"],
        },
    )


def note_progress(session: Session, made: SeriesInMaking, now: datetime) -> None:
    """Remember how far it is, in the transaction of the cards. The last one lets callers use the series."""
    is_last = made.done == made.quantity
    state = {"state": JobState.DONE, "finished_at": now} if is_last else {"state": JobState.RUNNING}
    place = {"series_id": made.series_id, "next_serial": made.next_serial}
    session.execute(update(Job).where(Job.id == made.job_id).values(done=made.done, result=place, **state))
    if is_last:
        cards = session.scalars(select(func.count(Card.id)).where(Card.series_id == made.series_id)).one()
        if cards != made.quantity:
            raise QuantityWrong(f"Series {made.series_number} has {cards} cards of {made.quantity}: run verify.")
        session.execute(update(CardSeries).where(CardSeries.id == made.series_id).values(made_at=now))

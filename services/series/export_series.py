"""Export a whole series for printers and for other systems (JC-51): MOR's columns with status and expiry; PINs only
when asked for, and audited before the first one is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from billing.card_number import SERIAL_DIGITS, grouped
from billing.expiry import last_day
from billing.money import minor_digits, text_from_micros
from billing.rights import Right
from billing.states import CardStatus
from models import Card, CardGroup, CardSeries, Wallet
from services.audit.audit import Act, Actor, note
from services.keys.permit import Permit, PermitRefused, ask_permit
from services.keys.pin_keys import KeySource, PinKeys
from services.store.run import run
from services.store.sheet_writer import Row, SheetForm, write_table
from services.upkeep.owing_cards import counted_from

TITLES: Final = ("Number", "PIN", "Balance", "Sold", "First_use", "Daily_charge_paid_till", "Status", "Expires")
MOMENT: Final = "%Y-%m-%d %H:%M:%S"  # MOR's
ROWS_A_ROUND: Final = 2_000  # more are no quicker and take more memory
BALANCES_KNOWN_MAX: Final = 4_096
Progress = Callable[[int, int], None]


class ExportRefused(ValueError):
    """This cannot be exported; the sentence says why."""


class PinUnreadable(Exception):
    """A PIN opens with no key at hand; the sentence names the card by its last digits."""


@dataclass(frozen=True, slots=True)
class SeriesToExport:
    """`pins_erased` cards have no printable copy of their PIN any more: its cell stays empty."""

    series_id: int
    number: int
    currency: str
    cards: int
    pins_erased: int
    fee_every_hours: int | None
    reseller_id: int | None


def series_to_export(session: Session, number: int) -> SeriesToExport:
    """What an export of this series would hold."""
    query = select(CardSeries, CardGroup.currency).join(CardGroup, CardGroup.id == CardSeries.card_group_id)
    found = session.execute(query.where(CardSeries.number == number)).one_or_none()
    if found is None:
        raise ExportRefused(f"There is no series {number}.")
    series, currency = found
    if series.made_at is None:
        raise ExportRefused(f"The cards of series {number} are still being made: go on with the generation first.")
    counts = select(func.count(Card.id), func.count(Card.pin_encrypted)).where(Card.series_id == series.id)
    cards, readable = session.execute(counts).one()
    hours = series.maintenance_every_hours if series.maintenance_fee_micros else None
    return SeriesToExport(series.id, number, currency, cards, cards - readable, hours, series.reseller_id)


def note_export(session: Session, series: SeriesToExport, form: SheetForm, actor: Actor, now: datetime) -> None:
    """Name who takes an export without PINs."""
    note(session, actor, _act(series, form, with_pins=False), now)


def permit_export(
    session: Session, series: SeriesToExport, form: SheetForm, actor: Actor, keys: KeySource, now: datetime
) -> Permit[KeySource] | PermitRefused:
    """For an export with PINs, in a transaction that ends before the first one is read."""
    act = _act(series, form, with_pins=True)
    return ask_permit(session, actor, [Right.EXPORT_PINS], keys, act, now, reseller_id=series.reseller_id)


def _act(series: SeriesToExport, form: SheetForm, *, with_pins: bool) -> Act:
    facts = {"series": series.number, "cards": series.cards, "with_pins": with_pins, "format": form.value}
    return Act("series.exported", "card_series", str(series.series_id), after=facts)


def export_series(
    session: Session,
    series: SeriesToExport,
    file: Path,
    form: SheetForm,
    zone: tzinfo,
    permit: Permit[KeySource] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Write the file; PINs only with a permit. Use a read session: it sees one moment of the database."""
    write_table(file, form, TITLES, card_rows(session, series, zone, permit, progress), series.cards)


def card_rows(
    session: Session,
    series: SeriesToExport,
    zone: tzinfo,
    permit: Permit[KeySource] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[Row]:
    """A row of TITLES for each card in the order of serials; moments by the platform's clock."""
    texts = _Texts(series, zone)
    done = 0
    with run(session, _query(series.series_id)) as found:
        for rows in found.partitions(ROWS_A_ROUND):
            current = permit.keys.current() if permit else None
            for number, encrypted, *facts in rows:
                yield texts.row(number, pin_text(current, encrypted, number) if current else None, *facts)
            done += len(rows)
            progress(done, series.cards)


def pin_text(keys: PinKeys, encrypted: bytes | None, number: str) -> str | None:
    """The PIN in groups of four (JC-49); None where its copy was erased."""
    if encrypted is None:
        return None
    try:
        return grouped(keys.decrypt(encrypted, number))
    except InvalidTag:
        pass
    raise PinUnreadable(
        f"The PIN of card ...{number[-4:]} opens with no key of the key file: if keys are being rotated, run this "
        "again; else restore the key file."
    )


@dataclass(frozen=True, slots=True)
class _Texts:
    """What stands in the cells. Most cards share their balance and their dates, so the last ones are remembered."""

    series: SeriesToExport
    zone: tzinfo

    def row(
        self,
        number: str,
        pin: str | None,
        balance_micros: int,
        status: CardStatus,
        status_before: CardStatus | None,
        periods: int,
        *moments: datetime | None,
    ) -> Row:
        activated_at, counted, expires_at = moments
        hours, currency = self.series.fee_every_hours, self.series.currency
        was_never_sold = status is CardStatus.INACTIVE or status_before is CardStatus.INACTIVE
        return (
            f"{number[:-SERIAL_DIGITS]}-{number[-SERIAL_DIGITS:]}",
            pin,
            _amount(balance_micros, currency),
            0 if was_never_sold else 1,
            self._moment(activated_at) if activated_at else None,
            self._moment(counted + timedelta(hours=hours * periods)) if hours and counted else None,
            status.value,
            _last_day(expires_at, self.zone) if expires_at else None,
        )

    def _moment(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime(MOMENT)


@lru_cache(BALANCES_KNOWN_MAX)
def _amount(micros: int, currency: str) -> Decimal:
    return Decimal(text_from_micros(micros, minor_digits(currency)))


@lru_cache(BALANCES_KNOWN_MAX)
def _last_day(expires_at: datetime, zone: tzinfo) -> str:
    return last_day(expires_at, zone).isoformat()


def _query(series_id: int) -> Select[*tuple[Any, ...]]:
    """One query by a cursor of the server's: asked for in rounds, PostgreSQL would join all wallets in each."""
    return (
        select(
            Card.number,
            Card.pin_encrypted,
            Wallet.balance_micros,
            Card.status,
            Card.status_before,
            Card.maintenance_periods_done - Card.maintenance_periods_before,
            Card.activated_at,
            counted_from(),
            Card.expires_at,
        )
        .join(Wallet, Wallet.id == Card.wallet_id)
        .where(Card.series_id == series_id)
        .order_by(Card.serial)
        .execution_options(yield_per=ROWS_A_ROUND)
    )

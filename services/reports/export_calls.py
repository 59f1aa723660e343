"""Call records as a file, a row for each call: prices, margin, attempts, announced against delivered seconds."""

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from billing.money import minor_digits, text_from_micros
from models import CallRecord, Card
from services.audit.audit import Act, Actor, note
from services.calls.call_report import CARRIER, ORIGINATOR, CallFilter, calls_query
from services.store.run import run
from services.store.sheet_writer import Row, SheetForm, write_table

MOMENT: Final = "%Y-%m-%d %H:%M:%S"
ROWS_A_ROUND: Final = 2_000
TITLES: Final = (
    "Call",
    "Placed",
    "Answered",
    "Ended",
    "Card",
    "Originator",
    "Caller",
    "Access_number",
    "Destination",
    "Destination_name",
    "Outcome",
    "Cause",
    "Carrier",
    "Attempts",
    "Announced_seconds",
    "Granted_seconds",
    "Talked_seconds",
    "Billed_seconds",
    "Currency",
    "Sell_per_minute",
    "Cost",
    "Tax",
    "Buy_per_minute",
    "Buy_cost",
    "Margin",
    "Reversed",
)
Progress = Callable[[int, int], None]


def count_calls(session: Session, wanted: CallFilter) -> int:
    query = calls_query(wanted).with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    return session.scalars(query).one()


def note_call_export(session: Session, calls: int, form: SheetForm, actor: Actor, now: datetime) -> None:
    """Whom a caller called is private: who takes it is named before the first row is read."""
    note(session, actor, Act("calls.exported", "call_record", "", after={"calls": calls, "format": form.value}), now)


def export_calls(
    session: Session,
    wanted: CallFilter,
    file: Path,
    form: SheetForm,
    zone: tzinfo,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """How many rows were written. Use a read session: it sees one moment of the database."""
    count = count_calls(session, wanted)
    write_table(file, form, TITLES, call_rows(session, wanted, zone, count, progress), count)
    return count


def call_rows(session: Session, wanted: CallFilter, zone: tzinfo, count: int, progress: Progress) -> Iterator[Row]:
    """In the order of placing, by a cursor of the server's; moments by the platform's clock."""
    done = 0
    with run(session, _query(wanted)) as found:
        for rows in found.partitions(ROWS_A_ROUND):
            for row in rows:
                yield _cells(row, zone)
            done += len(rows)
            progress(done, count)


def _query(wanted: CallFilter) -> Select[*tuple[Any, ...]]:
    record = CallRecord
    columns = (
        record.call_id,
        record.placed_at,
        record.answered_at,
        record.ended_at,
        Card.number.label("card"),
        ORIGINATOR.name.label("originator"),
        record.caller_id,
        record.access_number,
        record.destination,
        record.destination_name,
        record.disposition,
        record.hangup_cause,
        CARRIER.endpoint.label("carrier"),
        record.tried,
        record.announced_seconds,
        record.limit_seconds,
        record.talk_seconds,
        record.billed_seconds,
        record.currency,
        record.sell_price_per_minute_micros,
        record.cost_micros,
        record.tax_micros,
        record.buy_price_per_minute_micros,
        record.buy_cost_micros,
        record.reversed_at,
    )
    query = (
        calls_query(wanted)
        .with_only_columns(*columns, maintain_column_froms=True)
        .order_by(record.placed_at, record.call_id)
    )
    return query.execution_options(yield_per=ROWS_A_ROUND)


def _cells(row: Any, zone: tzinfo) -> Row:  # noqa: ANN401 (a row of _query)
    def moment(value: Any) -> str | None:  # noqa: ANN401 (a moment or None)
        return None if value is None else value.astimezone(zone).strftime(MOMENT)

    def amount(micros: int | None) -> Decimal | None:
        return None if micros is None else Decimal(text_from_micros(micros, minor_digits(row.currency)))

    return (
        row.call_id,
        moment(row.placed_at),
        moment(row.answered_at),
        moment(row.ended_at),
        row.card,
        row.originator,
        row.caller_id,
        row.access_number,
        row.destination,
        row.destination_name,
        row.disposition.value,
        row.hangup_cause,
        row.carrier,
        "; ".join(f"{tried['route']} {tried['dial_status']} {tried['hangup_cause']}".strip() for tried in row.tried),
        row.announced_seconds,
        row.limit_seconds,
        row.talk_seconds,
        row.billed_seconds,
        row.currency,
        amount(row.sell_price_per_minute_micros),
        amount(row.cost_micros),
        amount(row.tax_micros),
        amount(row.buy_price_per_minute_micros),
        amount(row.buy_cost_micros),
        amount(row.cost_micros - row.tax_micros - row.buy_cost_micros),
        moment(row.reversed_at),
    )

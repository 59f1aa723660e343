"""The reports beside those of calls, each as titles, rows and bars."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.orm import Session

from admin_web.words.chart import Chart, bar_chart
from billing.money import MICROS_PER_UNIT
from services.reports.breakage import breakage
from services.reports.expiring import expiring
from services.reports.liability import liabilities
from services.reports.report_calls import report_calls
from services.reports.report_terms import By, ReportTerms
from services.reports.wrong_entries import wrong_entries
from services.store.sheet_writer import Cell
from web_base.formats import duration, exact_money, spoken, whole
from web_base.texts import gettext, lazy_gettext

BARS_MAX = 40


class Kind(StrEnum):
    """How a cell is read: a text, a count, an amount in the row's currency, seconds, parts of a thousand."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    SECONDS = "seconds"
    PER_MILLE = "per_mille"


Value = str | int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`currency_at` is the column that names the currency of a row's amounts; each group of bars has its title."""

    columns: Sequence[tuple[str, Kind]]
    rows: Sequence[tuple[Value, ...]]
    charts: Sequence[tuple[str, Chart]] = field(default_factory=tuple)
    currency_at: int | None = None

    def shown(self, row: tuple[Value, ...]) -> list[tuple[str, bool]]:
        """Each cell as it is read, and whether it stands at the right."""
        return [
            (_shown(value, kind, self._currency(row)), kind is not Kind.TEXT)
            for (_, kind), value in zip(self.columns, row, strict=True)
        ]

    def cells(self, row: tuple[Value, ...]) -> list[Cell]:
        """For a file: amounts as decimals."""
        return [
            Decimal(value) / MICROS_PER_UNIT if kind is Kind.MONEY and isinstance(value, int) else value
            for (_, kind), value in zip(self.columns, row, strict=True)
        ]

    def _currency(self, row: tuple[Value, ...]) -> str:
        return "" if self.currency_at is None else str(row[self.currency_at])


Make = Callable[[Session, date, date, tzinfo], Sheet]


@dataclass(frozen=True, slots=True)
class Report:
    """`is_of_now`: it tells how things are at this moment, so no days are asked."""

    name: str
    title: str
    told: str
    make: Make
    empty: str
    is_of_now: bool = False
    is_ahead: bool = False


def _liability(session: Session, _first: date, _last: date, _zone: tzinfo) -> Sheet:
    found = liabilities(session)
    rows = [
        (f"{one.series} {one.series_name or ''}".strip(), spoken(one.status.value), one.currency, one.cards,
         one.balance_micros, one.held_micros)
        for one in found
    ]  # fmt: skip
    totals: Counter[tuple[str, str]] = Counter()
    for one in found:
        totals[one.currency, str(one.series)] += one.balance_micros
    columns = _columns(
        ("Series", Kind.TEXT), ("Status", Kind.TEXT), ("Currency", Kind.TEXT), ("Cards", Kind.COUNT),
        ("Unused", Kind.MONEY), ("Held by calls", Kind.MONEY),
    )  # fmt: skip
    return Sheet(columns, rows, _bars(totals, gettext("Unused balances by series")), 2)


def _breakage(session: Session, first: date, last: date, zone: tzinfo) -> Sheet:
    found = breakage(session, first, last, zone)
    rows = [(one.day.isoformat(), one.currency, one.cards, one.amount_micros) for one in found]
    totals = Counter({(one.currency, one.day.isoformat()): one.amount_micros for one in found})
    columns = _columns(
        ("Day", Kind.TEXT), ("Currency", Kind.TEXT), ("Cards", Kind.COUNT), ("Lapsed", Kind.MONEY)
    )  # fmt: skip
    return Sheet(columns, rows, _bars(totals, gettext("Value that lapsed unused"), is_by_day=True), 1)


def _expiring(session: Session, first: date, last: date, zone: tzinfo) -> Sheet:
    found = expiring(session, first, last, zone)
    rows = [(one.day.isoformat(), str(one.series), one.currency, one.cards, one.balance_micros) for one in found]
    totals: Counter[tuple[str, str]] = Counter()
    for one in found:
        totals[one.currency, one.day.isoformat()] += one.balance_micros
    columns = _columns(
        ("Last day", Kind.TEXT), ("Series", Kind.TEXT), ("Currency", Kind.TEXT), ("Cards", Kind.COUNT),
        ("Still on them", Kind.MONEY),
    )  # fmt: skip
    return Sheet(columns, rows, _bars(totals, gettext("Value on cards that expire"), is_by_day=True), 2)


def _announced(session: Session, first: date, last: date, zone: tzinfo) -> Sheet:
    """Only calls that were talked up to their limit show whether the time told was the time given."""
    totals: Counter[tuple[str, str]] = Counter()
    for row in report_calls(session, ReportTerms((By.DAY,), first, last), zone):
        day = row.of[By.DAY] or ""
        for name in ("calls_to_limit", "announced_to_limit_seconds", "delivered_to_limit_seconds"):
            totals[day, name] += row.figures[name]
    days = sorted({day for day, _ in totals if totals[day, "calls_to_limit"]})
    rows: list[tuple[Value, ...]] = []
    bars = []
    for day in days:
        told, got = totals[day, "announced_to_limit_seconds"], totals[day, "delivered_to_limit_seconds"]
        rows.append((day, totals[day, "calls_to_limit"], told, got, got * 1_000 // told if told else None))
        bars.append((day[5:], told, got, f"{day}: {duration(told)}, {duration(got)}"))
    chart = bar_chart(bars[-BARS_MAX:]) if bars else None
    columns = _columns(
        ("Day", Kind.TEXT), ("Calls up to the limit", Kind.COUNT), ("Announced", Kind.SECONDS),
        ("Delivered", Kind.SECONDS), ("Share", Kind.PER_MILLE),
    )  # fmt: skip
    return Sheet(columns, rows, ((gettext("Announced time, and delivered as its full part"), chart),) if chart else ())


def _wrong(session: Session, first: date, last: date, zone: tzinfo) -> Sheet:
    found = wrong_entries(session, first, last, zone)
    rows = [(one.day.isoformat(), spoken(one.kind.value), one.entries, one.callers) for one in found]
    totals: Counter[str] = Counter()
    for one in found:
        totals[one.day.isoformat()] += one.entries
    bars = [(day[5:], count, 0, f"{day}: {count}") for day, count in sorted(totals.items())]
    chart = bar_chart(bars[-BARS_MAX:]) if bars else None
    columns = _columns(
        ("Day", Kind.TEXT), ("Kind", Kind.TEXT), ("Wrong entries", Kind.COUNT), ("Phones", Kind.COUNT)
    )  # fmt: skip
    return Sheet(columns, rows, ((gettext("Wrong entries by day"), chart),) if chart else ())


def _bars(totals: Counter[tuple[str, str]], title: str, *, is_by_day: bool = False) -> tuple[tuple[str, Chart], ...]:
    """One picture for each currency: days in their order, other things by their amount."""
    charts = []
    for currency in sorted({currency for currency, _ in totals}):
        mine = [(name, amount) for (of, name), amount in totals.items() if of == currency]
        mine.sort(key=(lambda one: one[0]) if is_by_day else (lambda one: -one[1]))
        some = mine[-BARS_MAX:] if is_by_day else mine[:BARS_MAX]
        chart = bar_chart(
            [(name[5:] if is_by_day else name, amount, 0, f"{name}: {exact_money(amount, currency)}")
             for name, amount in some]
        )  # fmt: skip
        if chart is not None:
            charts.append((f"{title} [{currency}]", chart))
    return tuple(charts)


def _columns(*columns: tuple[str, Kind]) -> list[tuple[str, Kind]]:
    return [(gettext(title), kind) for title, kind in columns]


def _shown(value: Value, kind: Kind, currency: str) -> str:
    if value is None:
        return "—"
    match kind:
        case Kind.MONEY:
            return exact_money(int(value), currency)
        case Kind.COUNT:
            return whole(int(value))
        case Kind.SECONDS:
            return duration(int(value))
        case Kind.PER_MILLE:
            return f"{int(value) // 10} %"
        case _:
            return str(value)


REPORTS = {
    report.name: report
    for report in (
        Report(
            "liability",
            lazy_gettext("Unused balances"),
            lazy_gettext("What holders of cards may still use, as it is now."),
            _liability,
            lazy_gettext("No card has any value on it."),
            is_of_now=True,
        ),
        Report(
            "breakage",
            lazy_gettext("Breakage"),
            lazy_gettext("Value of expired cards that lapsed without being used."),
            _breakage,
            lazy_gettext("Nothing lapsed in these days."),
        ),
        Report(
            "expiring",
            lazy_gettext("Expiring cards"),
            lazy_gettext("Cards by their last day, with what is still on them."),
            _expiring,
            lazy_gettext("No card expires in these days."),
            is_ahead=True,
        ),
        Report(
            "announced",
            lazy_gettext("Announced and delivered"),
            lazy_gettext("Of the time that callers were told, what those got who talked to the end."),
            _announced,
            lazy_gettext("No call lasted up to its limit in these days."),
        ),
        Report(
            "wrong",
            lazy_gettext("Wrong entries"),
            lazy_gettext("Wrong PINs, card numbers and voucher codes."),
            _wrong,
            lazy_gettext("Nothing was keyed wrong in these days."),
        ),
    )
}

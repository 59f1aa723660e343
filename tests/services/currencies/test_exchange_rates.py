from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW
from sqlalchemy import func, select

from billing.exchange import value_parts_from_text
from models import AuditEntry
from services.audit.audit import Actor, Door
from services.currencies.exchange_report import ReportSum, exchange_rates, report_sum
from services.currencies.set_exchange_rate import set_exchange_rate
from services.store.fields import FieldsRefused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OPERATOR = Actor("ann", Door.CONSOLE)
NOVEMBER, TODAY = date(2026, 11, 1), NOW.date()


def set_value(session: Session, value: str, day: date = TODAY, currency: str = "EUR", **how: Any) -> None:  # noqa: ANN401
    set_exchange_rate(session, currency, value_parts_from_text(value), day, "USD", OPERATOR, NOW, **how)


def test_a_report_sums_up_by_the_value_of_its_day(session: Session) -> None:
    set_value(session, "1.10", NOVEMBER)
    set_value(session, "1.20")
    amounts = {"EUR": 1_000_001, "USD": 500_000, "GBP": 7}
    assert report_sum(session, amounts, TODAY, "USD") == ReportSum("USD", 1_700_001, 1, ("GBP",))
    assert report_sum(session, amounts, date(2026, 11, 2), "USD").micros == 1_600_001
    assert report_sum(session, amounts, date(2026, 10, 31), "USD").unknown == ("EUR", "GBP")


def test_a_value_of_the_same_day_replaces_the_old_one(session: Session) -> None:
    set_value(session, "1.10")
    set_value(session, "1.11")
    assert [(rate["day"], rate["value"]) for rate in exchange_rates(session, "USD")] == [("2026-11-22", "1.11")]
    assert session.scalars(select(func.count()).select_from(AuditEntry)).one() == 2


def test_values_belong_to_the_currency_of_reports(session: Session) -> None:
    set_value(session, "1.10")
    assert report_sum(session, {"EUR": 10}, TODAY, "GBP").unknown == ("EUR",)
    assert exchange_rates(session, "GBP") == []
    assert exchange_rates(session, "USD", "CHF") == []


def test_a_value_the_wrong_way_round_must_be_confirmed(session: Session) -> None:
    set_value(session, "0.0068", NOVEMBER, "JPY")
    with pytest.raises(FieldsRefused, match=r"last value of a JPY was 0.0068 USD, this one is 147"):
        set_value(session, "147", currency="JPY")
    set_value(session, "147", currency="JPY", is_sure=True)


@pytest.mark.parametrize(
    ("currency", "day", "told"),
    [
        ("EUX", TODAY, "is not known: give its ISO code"),
        ("USD", TODAY, "Reports are in USD"),
        ("EUR", date(2026, 12, 1), "no day of which the value is known"),
        ("EUR", date(206, 1, 1), "no day of which the value is known"),
    ],
)
def test_what_cannot_be_is_refused(session: Session, currency: str, day: date, told: str) -> None:
    with pytest.raises(FieldsRefused, match=told):
        set_value(session, "1.1", day, currency)

"""Reports of unused value, breakage, expiry, announced time and wrong entries: picture, table and file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, answered, micros
from sqlalchemy import insert

from billing.rights import Role
from billing.states import CardStatus, EntryKind
from models import Card, CardSeries, FailedEntry, LedgerEntry, LedgerKind, WalletKind
from services.money.house_wallets import house_wallets
from services.reports.breakage import breakage
from services.reports.expiring import expiring
from services.reports.liability import liabilities
from services.reports.report_terms import ReportRefused
from services.reports.roll_up_calls import roll_up_calls
from services.reports.wrong_entries import wrong_entries
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import download

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = "from=2026-11-20&until=2026-11-30"
FIRST, LAST = date(2026, 11, 20), date(2026, 11, 30)
NAMES = ("liability", "breakage", "expiring", "announced", "wrong")


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], world: World) -> Visitor:
    """One card expires on the 25th, one has lapsed 1.25 (as the ledger tells), two PINs were wrong."""
    world.set(CardSeries, world.series_id, made_at=NOW)
    world.set(Card, world.cards[0].card_id, expires_at=datetime(2026, 11, 26, tzinfo=UTC))
    wallets = world.session.get_one(Card, world.cards[1].card_id).wallet_id
    house = house_wallets(world.session)[WalletKind.EXPIRED_VALUE.value, "USD"]
    lapsed = {"source_wallet_id": wallets, "destination_wallet_id": house, "amount_micros": micros("1.25")}
    told = {"kind": LedgerKind.LAPSE, "reference": "lapse:1", "created_at": NOW, "actor": "lapse"}
    world.session.execute(insert(LedgerEntry).values(**lapsed, **told))
    for minute in range(2):
        wrong = {"kind": EntryKind.NUMBER_AND_PIN, "door": "ivr", "caller_id": "15550100"}
        world.session.execute(insert(FailedEntry).values(happened_at=NOW + timedelta(minutes=minute), **wrong))
    world.session.commit()
    return signed_in(Role.OWNER)


def test_unused_balances_are_told_by_series_and_status(owner: Visitor, world: World) -> None:
    page = owner.get("/reports/of/liability")
    assert "1 pending USD 2 10.00 USD 0.00 USD" in text_of(page)
    assert '<svg class="chart"' in page.text
    assert "<title>1: 10.00 USD</title>" in page.text
    (found,) = liabilities(world.session)
    assert (found.series, found.status, found.cards, found.balance_micros) == (1, CardStatus.PENDING, 2, micros("10"))


def test_breakage_is_the_value_that_lapsed(owner: Visitor, world: World) -> None:
    assert "2026-11-22 USD 1 1.25 USD" in text_of(owner.get(f"/reports/of/breakage?{DAYS}"))
    assert [(one.cards, one.amount_micros) for one in breakage(world.session, FIRST, LAST, UTC)] == [
        (1, micros("1.25"))
    ]
    assert "Nothing lapsed in these days." in text_of(
        owner.get("/reports/of/breakage?from=2026-11-23&until=2026-11-24")
    )


def test_a_card_expires_on_its_last_day(owner: Visitor, world: World) -> None:
    """The moment of expiry is the first one of the day after."""
    assert "2026-11-25 1 USD 1 5.00 USD" in text_of(owner.get(f"/reports/of/expiring?{DAYS}"))
    on_the_day = expiring(world.session, date(2026, 11, 25), date(2026, 11, 25), UTC)
    assert [(one.day, one.cards) for one in on_the_day] == [(date(2026, 11, 25), 1)]
    assert expiring(world.session, date(2026, 11, 26), LAST, UTC) == []


def test_announced_time_is_compared_with_what_was_delivered(owner: Visitor, world: World) -> None:
    """Only of calls that were talked up to their limit."""
    granted = world.call("call-1").quote.limit_seconds
    world.settle(answered("call-1", granted))
    roll_up_calls(lambda work: work(world.session), NOW, UTC)
    world.session.commit()
    page = text_of(owner.get(f"/reports/of/announced?{DAYS}"))
    assert "2026-11-22 1 1:23:20 1:23:20 100 %" in page


def test_wrong_entries_are_counted_by_day_and_kind(owner: Visitor, world: World) -> None:
    page = owner.get(f"/reports/of/wrong?{DAYS}")
    assert "2026-11-22 number and pin 2 1" in text_of(page)
    (found,) = wrong_entries(world.session, FIRST, LAST, UTC)
    assert (found.entries, found.callers) == (2, 1)


def test_the_files_hold_what_the_pages_show(owner: Visitor) -> None:
    csv = download(owner, f"/reports/of/expiring/file/csv?{DAYS}")
    assert csv.headers["Content-Disposition"].endswith('filename="expiring-2026-11-20-2026-11-30.csv"')
    assert csv.text.splitlines() == ["Last day,Series,Currency,Cards,Still on them", "2026-11-25,1,USD,1,5"]
    assert download(owner, "/reports/of/liability/file/xlsx").data.startswith(b"PK")
    assert owner.get("/reports/of/liability/file/pdf").status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_link_keeps_its_days_and_a_wrong_one_says_so(owner: Visitor, name: str) -> None:
    page = owner.get(f"/reports/of/{name}?{DAYS}")
    assert page.status_code == 200
    assert f"/reports/of/{name}/file/csv?from=2026-11-20&amp;until=2026-11-30" in page.text or name == "liability"
    assert owner.get(f"/reports/of/{name}?from=soon").status_code == 400
    assert owner.get("/reports/of/nothing").status_code == 404


def test_too_many_days_are_refused(world: World) -> None:
    with pytest.raises(ReportRefused, match="at most 400"):
        breakage(world.session, date(2020, 1, 1), LAST, UTC)
    with pytest.raises(ReportRefused, match="exchange them"):
        expiring(world.session, LAST, FIRST, UTC)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.RESELLER])
def test_whoever_sees_no_money_sees_no_report(signed_in: Callable[..., Visitor], world: World, role: Role) -> None:
    del world
    assert signed_in(role).get("/reports/of/liability").status_code == 403

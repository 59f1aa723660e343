"""Reports: the same figures as a picture, as a table and as a file, by an address that keeps its filters."""

from __future__ import annotations

import io
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from factories import World, answered, not_answered
from python_calamine import CalamineWorkbook

from admin_web.words.chart import HEIGHT, bar_chart
from billing.rights import Role
from services.reports.roll_up_calls import roll_up_calls
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import download
from tests.factories import LITHUANIA, NOW

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = "from=2026-11-20&until=2026-11-25"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], world: World) -> Visitor:
    """After an answered call to each of two destinations and one that nobody answered."""
    for call_id, destination, settlement in (
        ("call-1", "442071234567", answered("call-1", 61)),
        ("call-2", LITHUANIA, answered("call-2", 60)),
        ("call-3", "442071234567", not_answered("call-3")),
    ):
        world.call(call_id, destination)
        world.settle(settlement)
    roll_up_calls(lambda work: work(world.session), NOW, UTC)
    world.session.commit()
    return signed_in(Role.OWNER)


def test_a_report_shows_revenue_cost_and_margin(owner: Visitor) -> None:
    by_destination = text_of(owner.get(f"/reports/?by=destination&{DAYS}"))
    assert "United Kingdom 2 50 % 1 1:01 0.06 USD 0.02 USD 0.03 USD" in by_destination
    assert "Lithuania 1 100 % 1 1:00 0.17 USD 0.06 USD 0.10 USD" in by_destination
    by_day = owner.get(f"/reports/?by=day&{DAYS}")
    assert "2026-11-22 3 66 %" in text_of(by_day)
    assert '<svg class="chart"' in by_day.text
    assert "<title>2026-11-22: 0.231 USD, 0.1386 USD</title>" in by_day.text


def test_the_file_holds_what_the_page_shows(owner: Visitor) -> None:
    csv = download(owner, f"/reports/file/csv?by=destination&{DAYS}")
    assert csv.headers["Content-Disposition"].endswith('calls-by-destination-2026-11-20-2026-11-25.csv"')
    lines = csv.text.splitlines()
    assert lines[0].startswith("Destination,Currency,Calls,Answered,Talked_seconds")
    assert any(line.startswith("Lithuania,USD,1,1,60,60,0.17") for line in lines)
    sheet = download(owner, f"/reports/file/xlsx?by=destination&{DAYS}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data))
    assert len(book.get_sheet_by_index(0).to_python()) == 3


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("by=colour", "cannot be read"),
        ("from=yesterday", "cannot be read"),
        ("from=2026-11-30&until=2026-11-01", "exchange them"),
        ("from=1900-01-01&until=2026-11-01", "at most"),
    ],
)
def test_what_cannot_be_reported_says_what_to_ask_instead(owner: Visitor, query: str, why: str) -> None:
    page = owner.get(f"/reports/?{query}")
    assert page.status_code == 400
    assert why in text_of(page)


def test_days_without_calls_say_so(owner: Visitor) -> None:
    assert "No calls in these days." in text_of(owner.get("/reports/?from=2020-01-01&until=2020-01-31"))


def test_the_tallest_bar_fills_the_picture_and_a_loss_is_drawn_as_nothing() -> None:
    chart = bar_chart([("a", 100, 40, "A"), ("b", 50, -10, "B"), ("c", -5, -5, "C")])
    assert chart is not None
    tall, half, none = chart.bars
    assert tall.y + tall.height == chart.base
    assert (tall.y, tall.inner_height * 10 // tall.height) == (8, 4)
    assert (half.height, half.inner_height) == (tall.height // 2, 0)
    assert none.height == 0
    assert chart.base < HEIGHT
    assert bar_chart([("a", 0, 0, "A")]) is None
    assert bar_chart([]) is None

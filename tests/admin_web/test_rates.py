"""Rate tables and single rates in the console: every term, what held before is kept, and the rate that holds now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, LITHUANIA, World, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.forms.rate_form import in_words, rate_from, rate_sections
from billing.rights import Role
from models import AuditEntry, Rate, RateTable
from services.rates.rate_fields import RATE_FIELDS
from services.rates.save_rate import as_values
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import download, fields_of, send
from tests.admin_web.test_acts import do

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

NEW = {"prefix": "49", "destination_name": "Germany", "price_per_minute_micros": "0.05"}


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def rates(engine: Engine, prefix: str) -> list[Rate]:
    with Session(engine, expire_on_commit=False) as session:
        query = select(Rate).where(Rate.prefix == prefix, Rate.rate_table_id == 1).order_by(Rate.valid_from)
        return list(session.scalars(query))


def added(owner: Visitor, **values: object) -> TestResponse:
    return send(owner, "/rate/add/1", "prefix", **{**NEW, **values})


def test_a_table_leads_to_what_a_call_by_it_costs_and_where_it_goes(owner: Visitor) -> None:
    """The table is chosen there already; a closed one can no longer be chosen, so it leads to neither."""
    table = owner.get("/rates/1/").text
    for address in ("/routes/?table=1", "/simulate/?table=1"):
        assert f'href="{address}"' in table
        assert fields_of(owner.get(address), "number")["table"] == "1"
    made = send(owner, "/rates/new", "currency", name="Old", currency="USD").location
    assert "/simulate/?table" in owner.get(made).text
    do(owner, "/rates/", f"{made}close", version=1)
    closed = owner.get(made).text
    assert "/simulate/?table" not in closed
    assert "/routes/?table" not in closed


def test_the_form_has_every_term(owner: Visitor) -> None:
    """features.md 2d: what a table can hold, a page can say."""
    in_other_words = {"days", "from_minute", "until_minute"}
    wanted = {field.name for field in RATE_FIELDS} - in_other_words - {"is_blocked"} | {"days", "hours", "steps"}
    assert wanted <= set(fields_of(owner.get("/rate/add/1"), "prefix"))
    assert {"is_blocked"} <= {field.name for _, fields in rate_sections(is_new=True) for field in fields}


def test_a_rate_with_every_term_is_saved_as_it_is_typed(owner: Visitor, engine: Engine, world: World) -> None:
    terms = {
        "connect_fee_micros": "0.10", "first_block_seconds": "60", "increment_seconds": "6", "cost_min_micros": "0.02",
        "free_seconds": "3", "surcharge_seconds": "2", "disconnect_fee_micros": "0.01",
        "disconnect_fee_after_seconds": "5", "block_fee_micros": "0.03", "block_fee_seconds": "900",
        "round_up_above_seconds": "40", "round_up_to_seconds": "60", "steps": "120:0.50:60:0.10\n60:0.40",
        "days": "mon-fri", "hours": "08:00-18:00", "ghost_minutes_percent": "90", "valid_until": "2099-01-01T00:00:00",
    }  # fmt: skip
    answer = added(owner, **terms)
    assert answer.status_code == 302, text_of(answer)
    (rate,) = rates(engine, "49")
    assert (rate.connect_fee_micros, rate.first_block_seconds, rate.increment_seconds) == (micros("0.10"), 60, 6)
    assert (rate.free_seconds, rate.surcharge_seconds, rate.block_fee_seconds) == (3, 2, 900)
    assert (rate.days, rate.from_minute, rate.until_minute, rate.ghost_minutes_percent) == (31, 480, 1080, 90)
    assert [step["seconds"] for step in rate.steps] == [120, 60]
    assert rate.steps[0]["fee_micros"] == micros("0.10")
    assert "mon-fri 08:00-18:00" in text_of(owner.get(answer.location))
    shown = fields_of(owner.get(f"/rate/{rate.id}"), "destination_name")
    assert shown["steps"] == "120:0.50:60:0.10\n60:0.40:1:0.00"
    assert rate_from({**in_words(as_values(rate)), "begins_at": None})["steps"] == rate.steps
    del world


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"prefix": "00370"}, "begins with 0"),
        ({"price_per_minute_micros": ""}, "Price per minute is needed."),
        ({"price_per_minute_micros": "500000"}, "lost decimal point"),
        ({"hours": "22:00-06:00"}, "passes midnight: make two rates"),
        ({"days": "monday"}, "is no day"),
        ({"steps": "abc"}, "is no step"),
        ({"valid_until": "2001-01-01T00:00:00"}, "before it begins"),
        ({"increment_seconds": "0"}, "from 1"),
        ({"prefix": "370", "destination_name": "Twice"}, "holds at the same time"),
        ({"round_up_above_seconds": "60"}, "round"),
    ],
)
def test_a_rate_that_cannot_be_billed_says_why(owner: Visitor, values: dict[str, str], why: str) -> None:
    refused = added(owner, **values)
    assert refused.status_code == 400
    assert why in text_of(refused)
    assert fields_of(refused, "prefix")["destination_name"] in ("Germany", "Twice")


def test_another_price_ends_the_one_before_and_keeps_it(owner: Visitor, engine: Engine) -> None:
    (before,) = rates(engine, "44")
    page = f"/rate/{before.id}"
    stale = fields_of(owner.get(page), "destination_name")
    assert send(owner, page, "destination_name", price_per_minute_micros="0.09").status_code == 302
    old, new = rates(engine, "44")
    assert (old.price_per_minute_micros, new.price_per_minute_micros) == (micros("0.06"), micros("0.09"))
    assert old.valid_until == new.valid_from
    assert new.valid_until is None
    refused = owner.client.post(page, data={**stale, "price_per_minute_micros": "0.01"})
    assert refused.status_code == 409
    assert "Another operator changed it meanwhile" in text_of(refused)
    assert len(rates(engine, "44")) == 2


def test_new_terms_may_wait_for_their_moment(owner: Visitor, engine: Engine) -> None:
    (before,) = rates(engine, "44")
    later = (now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S")
    send(owner, f"/rate/{before.id}", "destination_name", price_per_minute_micros="0.09", begins_at=later)
    _, new = rates(engine, "44")
    assert new.valid_from.strftime("%Y-%m-%dT%H:%M:%S") == later
    assert "0.06 USD" in text_of(owner.get(f"/rates/1/?q={BRITAIN}")).split("is charged by prefix")[1][:60]


def test_a_rate_ends_and_is_not_ended_twice(owner: Visitor, engine: Engine) -> None:
    (rate,) = rates(engine, "44")
    page = f"/rate/{rate.id}"
    version = fields_of(owner.get(page), "destination_name")["version"]
    assert "has ended; calls that run" in do(owner, page, f"{page}/end", version=version)
    assert "changed it meanwhile" in do(owner, page, f"{page}/end", version=version)
    assert "has no rate in this table." in text_of(owner.get(f"/rates/1/?q={BRITAIN}"))


def test_the_number_finds_the_rate_that_applies_now(owner: Visitor) -> None:
    page = text_of(owner.get(f"/rates/1/?q=+{LITHUANIA}"))
    assert f"A call to {LITHUANIA} now is charged by prefix 370 Lithuania A minute 0.07 USD Blocks 60/6 s" in page
    assert "Connect fee 0.10 USD" in page


def test_a_prefix_is_blocked_and_opened(owner: Visitor) -> None:
    page = "/rates/1/?q=44"
    assert "No call goes to 44" in do(owner, page, "/rate/block/1", prefix="44", act="block")
    assert "blocked, no call goes there" in text_of(owner.get(page))
    assert "is open again" in do(owner, page, "/rate/block/1", prefix="44", act="unblock")
    assert "is not blocked" in do(owner, page, "/rate/block/1", prefix="44", act="unblock")


def test_a_table_is_made_renamed_and_closed_when_nobody_uses_it(owner: Visitor, engine: Engine) -> None:
    made = send(owner, "/rates/new", "currency", name="Retail", currency="EUR")
    assert "Retail [EUR]" in text_of(owner.get(made.location))
    table_id = made.location.rstrip("/").split("/")[-1]
    taken = send(owner, "/rates/new", "currency", name="Retail", currency="EUR")
    assert (taken.status_code, "choose another name" in text_of(taken)) == (400, True)
    address = f"/rates/{table_id}/edit"
    stale = fields_of(owner.get(address), "currency")
    assert send(owner, address, "currency", name="Retail 2").status_code == 302
    assert owner.client.post(address, data={**stale, "name": "Retail 3"}).status_code == 409
    page = f"/rates/{table_id}/"
    assert "is closed; its rates stay" in do(owner, page, f"{page}close", version=2)
    assert "is used by series 1" in do(owner, "/rates/1/", "/rates/1/close", version=1)
    with Session(engine) as session:
        acts = set(session.scalars(select(AuditEntry.act)))
        assert {"rate_table.created", "rate_table.changed", "rate_table.deleted"} <= acts
        assert session.get_one(RateTable, 1).is_deleted is False


def test_the_rates_leave_as_a_file_that_is_noted(owner: Visitor, engine: Engine) -> None:
    csv = download(owner, "/rates/1/file/csv")
    assert csv.headers["Content-Disposition"].startswith('attachment; filename="rates-Sell-')
    assert csv.text.splitlines()[0].startswith("code,destination")
    assert len(csv.text.splitlines()) == 3
    assert download(owner, "/rates/1/file/xlsx").data.startswith(b"PK")
    assert owner.get("/rates/1/file/pdf").status_code == 404
    with Session(engine) as session:
        assert session.scalars(select(AuditEntry.act).where(AuditEntry.act == "rates.exported")).all()


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.AUDITOR, Role.FINANCE])
def test_who_may_only_see_rates_changes_none(signed_in: Callable[..., Visitor], role: Role) -> None:
    visitor = signed_in(role)
    page = visitor.get("/rates/1/?q=44")
    assert page.status_code == 200
    for hidden in ("Add a rate", "/rates/1/close", 'action="/rate/'):
        assert hidden not in page.text
    assert visitor.post("/rates/1/", "/rates/1/close", version=1).status_code == 403
    assert visitor.post("/rates/1/", "/rate/block/1", prefix="44").status_code == 403


def test_a_call_is_worked_out_line_by_line(owner: Visitor) -> None:
    """By a table: 0.10 to connect, a minute and six seconds at 0.07."""
    page = text_of(owner.get(f"/simulate/?number={LITHUANIA}&table=1&balance=1.00&seconds=61"))
    for told in ("A call of 61 s", "0.177 USD", "leaves 0.823 USD", "370 Lithuania", "The caller hears"):
        assert told in page, told
    by_card = text_of(owner.get(f"/simulate/?number={BRITAIN}&card=1-000000001"))
    assert "The money lasts 1:23:20 (5,000 s, 5.00 USD)" in by_card
    assert "three minutes and twenty seconds” (100 %)" in by_card


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("number=x&table=1", "is no number"),
        ("number=37061234567", "choose a rate table"),
        ("number=37061234567&card=9-000000001", "There is no card 9-000000001."),
        ("number=37061234567&table=1&seconds=-1", "Seconds are a whole number"),
        ("number=37061234567&table=1&balance=1,5", "comma"),
        ("number=37061234567&table=1&at=soon", "is no moment"),
        ("number=37061234567&table=999", "choose a rate table"),
    ],
)
def test_what_cannot_be_worked_out_says_what_to_change(owner: Visitor, query: str, why: str) -> None:
    page = owner.get(f"/simulate/?{query}")
    assert page.status_code == 400
    assert why in text_of(page)


def test_a_number_without_a_rate_says_what_the_caller_hears(owner: Visitor) -> None:
    page = owner.get("/simulate/?number=81312345678&card=1-000000001")
    assert page.status_code == 200
    assert "has no rate for this number then" in text_of(page)

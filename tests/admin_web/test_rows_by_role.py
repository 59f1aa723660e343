"""What is a seller's own, on every route: nothing of another's cards, series, calls or phones is told or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update

from billing.rights import SCOPED_ROLES, Role
from models import Base, CallerIdBinding, Card, CardSeries, Distributor, Job, LiveCall, Reseller
from models.job import JobState
from services.series.create_series import create_series
from tests.admin_web.conftest import Visitor, token_of
from tests.admin_web.test_rights import OPEN, VALUES, WHOEVER_IS_IN, filled
from tests.factories import KEYS, NOW, World, a_series, answered

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine

CARD, PHONE, PAST, LIVE = "1-000000001", "37069999001", "past-call-of-another", "live-call-of-another"
OWN = "2-000000001"
# As a page, a file or an event would name what is another's; an address that was asked for is told by none of them.
MARKS = ("1-00000000", "100000000", PHONE, PAST, LIVE, "442071234567", "Series of another")
OF_ANOTHER = {**VALUES, "number": "1", "phone": PHONE, "call_id": PAST}
SEARCHES = (
    *(f"/search?q={what}" for what in (CARD, PHONE, PAST, "442071234567", "1")),
    *(f"/{what}/?download=csv" for what in ("cards", "series", "calls", "phones")),
    "/cards/?q=1-0",
    "/calls/?card=1-000000001",
    "/calls/?q=44",
    "/phones/?q=3706",
    "/series/?all=1",
)
# What the forms of acts hold between them, so that an act fails for its row and for nothing else.
FIELDS = {
    "act": "block",
    "reason": "not mine",
    "amount": "1.00",
    "token": "token-of-a-form-1",
    "first": "1",
    "last": "2",
    "series": "1",
    "cards": CARD,
    "ids": "1",
    "phone": PHONE,
    "day": "2027-01-01",
    "language": "en",
    "form": "csv",
    "wanted": "/series/1/",
    "list": "seriespage",
    "call_id": LIVE,
    "place": "Kiosk",
    "confirmed": "1",
    "count": "2",
}
KEPT = ("card", "card_series", "wallet", "ledger_entry", "caller_id_binding", "hold", "voucher", "card_group", "job")


@pytest.fixture
def sellers(world: World) -> World:
    """Series 1 with a past and a live call, a phone and a job: another's. Series 2: the reseller's, and the kiosk's."""
    session = world.session
    world.set_series(name="Series of another")
    world.call(PAST)
    world.settle(answered(PAST, 30))
    world.call(LIVE)
    session.add(
        CallerIdBinding(caller_id=PHONE, card_id=world.cards[0].card_id, bound_at=NOW, series_id=world.series_id)
    )
    session.execute(insert(LiveCall).values(call_id=LIVE, asterisk="one", seen_at=NOW))
    session.add(Job(kind="series", key="1", state=JobState.DONE, asked_by="owner", asked_at=NOW, parameters={}))
    reseller_id = session.scalars(select(Reseller.id)).one()
    kiosk = session.scalars(select(Distributor.id)).one()
    terms = a_series(world.group_id, world.rate_table_id, number=2, quantity=2, reseller_id=reseller_id)
    create_series(session, KEYS, terms, NOW)
    mine = select(CardSeries.id).where(CardSeries.number == 2).scalar_subquery()
    session.execute(update(Card).where(Card.series_id == mine).values(distributor_id=kiosk))
    session.commit()
    return world


def routes(app: Flask, method: str) -> list[str]:
    """The address of every route with what is another's in it."""
    values = {True: {**OF_ANOTHER, "number": CARD}, False: OF_ANOTHER}
    found = {
        filled(rule.rule, values["card" in rule.endpoint])
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or set())
        and rule.endpoint not in OPEN | WHOEVER_IS_IN
        and not rule.endpoint.endswith(".static")
    }
    return sorted(found)


@pytest.mark.parametrize("role", sorted(SCOPED_ROLES))
def test_no_page_file_or_search_tells_a_seller_of_what_is_anothers(
    app: Flask, sellers: World, signed_in: Callable[..., Visitor], role: Role
) -> None:
    """JC-12, F38."""
    del sellers
    visitor, owner = signed_in(role), signed_in(Role.OWNER)
    told, shown = [], set()
    for address in (*routes(app, "GET"), *SEARCHES):
        with visitor.get(address) as page:
            assert page.status_code < 500, address
            text = "" if page.is_streamed and page.mimetype == "text/event-stream" else page.text
        told += [(address, mark) for mark in MARKS if mark in text and mark not in address]
        shown |= {address} if OWN in text else set()
    assert told == []
    assert {"/cards/", "/cards/?download=csv"} <= shown  # its own it does see
    with owner.get("/cards/") as page:
        assert MARKS[0] in page.text


@pytest.mark.parametrize("role", sorted(SCOPED_ROLES))
def test_no_act_of_a_seller_changes_what_is_anothers(
    app: Flask, sellers: World, engine: Engine, signed_in: Callable[..., Visitor], role: Role
) -> None:
    """Every form's address, with the token of a page that the seller does see. JC-12, F38."""
    del sellers
    visitor = signed_in(role)
    token = token_of(visitor.get("/cards/"))
    before = _rows(engine)
    for address in routes(app, "POST"):
        with visitor.client.post(address, data={"csrf_token": token, **FIELDS}) as answer:
            assert answer.status_code < 500, address
        assert _rows(engine) == before, address


def _rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """But for exports of lists: the worker asks for their pages as the seller, and gets no more than the seller."""
    queries = {name: select(table) for name, table in Base.metadata.tables.items() if name in KEPT}
    queries["job"] = queries["job"].where(Job.kind != "list_export")
    with engine.connect() as connection:
        return {name: sorted(map(tuple, connection.execute(query)), key=repr) for name, query in queries.items()}

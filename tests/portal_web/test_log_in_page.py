"""Who gets in, who does not, what is told, and where a PIN never stands (JC-4, JC-31)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from models import AuditEntry, Card, CardSession, FailedEntry, GuardCounter
from portal_web.access import now, rules
from services.calls.identify_card import NotAccepted, identify_card
from services.guard.guard_entry import Caller
from tests.factories import KEYS, World
from tests.portal_web.conftest import SUPPORT, Holder, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

WRONG_PIN = "000000000000"
PAGES = ("/", "/calls", "/calls.csv", "/charges", "/phones", "/refill", "/rates", "/rates?q=370", "/settings")
OPEN = ("/log-out", "/language")
NOT_ACCEPTED = "This card number and PIN do not fit, or the card is locked"


def test_the_holder_of_a_card_logs_in_by_its_number_and_pin_and_sees_it(
    world: World, visitor: Callable[..., Holder]
) -> None:
    """JC-4: statistics and other information; JC-31: the login is the number, the password the PIN."""
    one = visitor()
    entered = one.log_in(world.cards[0].number, world.cards[0].pin)
    assert (entered.status_code, entered.location) == (302, "/")
    page = text_of(one.get("/"))
    assert "1-000000001" in page
    assert "5.00 USD" in page
    assert "+18005550100" in page


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_sees_the_log_in_only(visitor: Callable[..., Holder], page: str) -> None:
    asked = visitor().get(page)
    assert (asked.status_code, asked.location) == (302, "/log-in")


def test_every_failure_is_told_alike_and_says_whom_to_ask(world: World, visitor: Callable[..., Holder]) -> None:
    """Unknown number, wrong PIN, another card's PIN, a locked card: one page, but for the number that was typed."""

    def refused(host: int, number: str, pin: str) -> str:
        page = visitor(f"192.0.2.{host + 1}").log_in(number, pin)
        assert page.status_code == 401
        return text_of(page)

    number, pin = world.cards[0].number, world.cards[0].pin
    pairs = (("9-000000009", pin), (number, WRONG_PIN), (number, world.cards[1].pin), ("", ""), ("x", "y"))
    told = [refused(host, *pair) for host, pair in enumerate(pairs)]
    world.set(Card, world.cards[0].card_id, locked_until=now().replace(year=now().year + 1))
    world.session.commit()
    told.append(refused(99, number, pin))
    assert len(set(told)) == 1
    assert NOT_ACCEPTED in told[0]
    assert SUPPORT in told[0]


def test_three_wrong_tries_in_the_portal_and_two_in_a_call_lock_the_card(
    world: World, app: Flask, visitor: Callable[..., Holder]
) -> None:
    number, pin = world.cards[0].number, world.cards[0].pin
    for host in (11, 12, 13):
        assert visitor(f"192.0.2.{host}").log_in(number, WRONG_PIN).status_code == 401
    with app.app_context():
        limits = rules()
    for phone in ("15550111", "15550112"):
        keyed = world.keyed()[0], WRONG_PIN
        answer = identify_card(world.session, KEYS, world.access(), *keyed, now(), Caller(phone), limits)
        assert isinstance(answer, NotAccepted)
    world.session.commit()
    assert world.card().locked_until is not None
    world.session.commit()
    assert visitor("192.0.2.14").log_in(number, pin).status_code == 401


def test_an_address_that_guesses_is_told_to_wait(world: World, visitor: Callable[..., Holder]) -> None:
    guesser = visitor("192.0.2.66")
    for serial in range(5):
        assert guesser.log_in(f"9-00000000{serial}", WRONG_PIN).status_code == 401
    right = guesser.log_in(world.cards[0].number, world.cards[0].pin)
    assert (right.status_code, "Too many wrong entries" in text_of(right)) == (401, True)
    assert visitor("192.0.2.67").log_in(world.cards[0].number, world.cards[0].pin).status_code == 302


def test_logging_out_ends_the_session_in_the_database_too(holder: Holder, visitor: Callable[..., Holder]) -> None:
    with holder.client.session_transaction() as cookie:
        stolen = cookie["token"]
    assert holder.post("/", "/log-out").location == "/log-in"
    assert holder.get("/").status_code == 302
    thief = visitor()
    with thief.client.session_transaction() as cookie:
        cookie["token"] = stolen
    assert thief.get("/").location == "/log-in"


def test_a_session_ends_with_the_pin_and_with_the_series_portal(world: World, holder: Holder) -> None:
    assert holder.get("/").status_code == 200
    world.set(Card, world.cards[0].card_id, pin_digest=b"y" * 32)
    world.session.commit()
    assert holder.get("/").location == "/log-in"


def test_a_log_in_takes_no_session_of_a_visitor_with_it(world: World, visitor: Callable[..., Holder]) -> None:
    """F38: whoever put a cookie into a browser beforehand has nothing of what comes later."""
    one = visitor()
    with one.client.session_transaction() as cookie:
        cookie["token"], cookie["planted"] = "known to somebody", "1"
    one.log_in(world.cards[0].number, world.cards[0].pin)
    with one.client.session_transaction() as cookie:
        assert cookie["token"] != "known to somebody"
        assert "planted" not in cookie


def test_no_form_is_taken_without_its_token(world: World, holder: Holder, visitor: Callable[..., Holder]) -> None:
    card = world.cards[0]
    assert visitor().send("/log-in", number=card.number, pin=card.pin).status_code == 400
    for address in ("/refill", "/phones/remove", "/settings/short", "/settings/forget", "/settings/spoken", *OPEN):
        for token in ({}, {"csrf_token": "20300101000000##0"}):
            assert holder.send(address, code="1" * 12, phone="37060000001", language="es", **token).status_code == 400
    assert holder.get("/").status_code == 200
    for address in ("/phones/remove", "/settings/short", "/settings/forget", "/settings/spoken", *OPEN):
        assert holder.get(address).status_code == 405  # nothing is done by a link


def test_a_pin_stands_in_no_page_address_header_log_or_row(
    world: World, visitor: Callable[..., Holder], engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = (world.cards[0].pin, world.cards[1].pin)
    seen: list[TestResponse] = []
    one = visitor()
    with caplog.at_level(logging.DEBUG):
        seen.append(one.log_in(secrets[0], world.cards[0].number))  # one field into the other
        seen.append(one.log_in(world.cards[0].number, secrets[1]))
        seen.append(one.log_in(world.cards[0].number, secrets[0]))
        seen += [one.get(page) for page in PAGES]
    for answer in seen:
        told = answer.text + str(answer.headers) + str(answer.request.url)
        assert [pin for pin in secrets if pin in told] == []
    assert [pin for pin in secrets if pin in caplog.text] == []
    with engine.connect() as connection:
        for table in (AuditEntry, FailedEntry, CardSession, GuardCounter):
            rows = connection.execute(select(table.__table__)).all()
            assert [pin for pin in secrets if pin in str(rows)] == []


def test_every_page_comes_with_the_headers_that_bind_a_browser(holder: Holder) -> None:
    for page in (*PAGES, "/log-in", "/nowhere"):
        headers = holder.get(page).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
    cookie = holder.post("/", "/language", language="es").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie

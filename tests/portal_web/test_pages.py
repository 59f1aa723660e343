"""What a holder sees and does: own calls, charges, phones, prices and refill, and nobody else's."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from billing.states import CardStatus
from models import (
    AccessNumber,
    CallerIdBinding,
    CallerIdBindingEvent,
    CallRecord,
    Card,
    IvrPlan,
    LedgerEntry,
    LedgerKind,
)
from portal_web.access import now
from services.calls.speed_dial import find_speed_dial
from services.money.verify_ledger import verify_ledger
from tests.factories import BRITAIN, LITHUANIA, World, answered, not_answered
from tests.portal_web.conftest import Holder, text_of
from tests.vouchers import vouchers

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

HOSTILE = (
    "'; DROP TABLE card; --",
    "<script>alert(1)</script>",
    "%",
    "_",
    "\x00",
    "A" * 5_000,
    "\U0001f4de",
    "{{7*7}}",
)


def called(world: World, call_id: str, destination: str = BRITAIN, *, place: int = 0, seconds: int = 61) -> None:
    """A call of a moment ago, whatever the date is when this runs."""
    world.call(call_id, destination, place=place)
    world.settle(answered(call_id, seconds) if seconds else not_answered(call_id))
    recently = {"placed_at": now() - timedelta(minutes=5), "caller_id": "15550100"}
    world.session.execute(update(CallRecord).where(CallRecord.call_id == call_id).values(recently))
    world.session.commit()


def test_home_tells_balance_expiry_and_how_long_the_money_lasts(world: World, holder: Holder) -> None:
    """JC-4, M-19."""
    empty = text_of(holder.get("/"))
    assert "The numbers that you call most will stand here." in empty
    called(world, "call-1")
    page = holder.get("/")
    assert 'href="tel:+18005550100"' in page.text
    told = text_of(page)
    assert "+442071234567" in told
    assert "82 minutes" in told  # 4.939 USD by 0.001 a second, in whole minutes as they are announced
    assert "Valid without end" in told


def test_money_that_a_call_holds_is_told_and_is_not_to_be_spent(world: World, holder: Holder) -> None:
    world.call("call-1")
    world.session.commit()
    told = text_of(holder.get("/"))
    assert "Set aside for a call 5.00 USD" in told
    assert "A call is going on." in told


def test_a_number_of_a_closed_plan_or_switched_off_is_not_offered(world: World, holder: Holder) -> None:
    world.session.execute(update(AccessNumber).values(is_enabled=False))
    world.session.commit()
    told = text_of(holder.get("/"))
    assert "18005550100" not in told
    assert "No access number takes this card now." in told
    assert "No access number takes this card now." in text_of(holder.get(f"/rates?q={BRITAIN}"))


@pytest.mark.parametrize("has_grace", [True, False])
def test_an_expired_card_is_read_only_with_a_note_on_its_balance(
    world: World, holder: Holder, *, has_grace: bool
) -> None:
    ends = now() + timedelta(days=5 if has_grace else -1)
    expired = {"status": CardStatus.EXPIRED, "expires_at": now() - timedelta(days=2), "grace_ends_at": ends}
    world.set(Card, world.cards[0].card_id, **expired)
    world.session.commit()
    told = text_of(holder.get("/"))
    assert "This card has expired." in told
    assert "another card" in told
    assert ("Its 5.00 USD are kept until" in told) is has_grace
    assert "Call in" not in told


def test_calls_of_30_days_stand_with_their_cost_and_come_as_a_safe_file(world: World, holder: Holder) -> None:
    assert "No calls yet: how to call" in text_of(holder.get("/calls"))
    called(world, "call-1")
    called(world, "call-2", LITHUANIA, seconds=0)
    called(world, "old-call")
    called(world, "other-card", place=1)
    old = now() - timedelta(days=31)
    world.session.execute(update(CallRecord).where(CallRecord.call_id == "old-call").values(placed_at=old))
    evil = update(CallRecord).where(CallRecord.call_id == "call-2").values(destination_name='=HYPERLINK("http://x")')
    world.session.execute(evil)
    world.session.commit()
    told = text_of(holder.get("/calls"))
    assert told.count("442071234567") == 1
    assert "0.061 USD" in told
    assert "no answer" in told
    file = holder.get("/calls.csv")
    assert file.headers["Content-Type"].startswith("text/csv")
    titles, *rows = csv.reader(StringIO(file.text))
    assert titles[1:3] == ["Number", "Destination"]
    assert sorted(row[1] for row in rows) == [LITHUANIA, BRITAIN]
    assert "'=HYPERLINK" in file.text


def test_charges_are_the_cards_own_ledger_with_balances_page_by_page(world: World, holder: Holder) -> None:
    assert "The card began with 5.00 USD" in text_of(holder.get("/charges"))
    called(world, "call-1", LITHUANIA)
    told = text_of(holder.get("/charges"))
    assert "Connection fee -0.10 USD" in told
    assert "The card began with 5.00 USD." in told
    for before in ("1", "0", "-5", "99999999999999999999", "x"):
        assert holder.get(f"/charges?before={before}").status_code == 200


def test_a_phone_is_removed_once_and_only_from_the_own_card(world: World, holder: Holder) -> None:
    assert "How to add a phone" in text_of(holder.get("/phones"))
    for place, phone in enumerate(("37060000001", "37060000002")):
        card_id = world.cards[place].card_id
        world.session.add(CallerIdBinding(caller_id=phone, card_id=card_id, bound_at=now()))
    world.session.commit()
    page = holder.get("/phones")
    assert "37060000001" in page.text
    assert "37060000002" not in page.text
    for phone in ("37060000002", "37060000001", "37060000001", *HOSTILE[:3]):
        assert holder.post("/phones", "/phones/remove", phone=phone).status_code == 302
    left = world.session.scalars(select(CallerIdBinding.caller_id)).all()
    assert left == ["37060000002"]
    events = world.session.execute(select(CallerIdBindingEvent.caller_id, CallerIdBindingEvent.actor)).all()
    assert [tuple(event) for event in events] == [("37060000001", f"portal:{world.card().number}")]


def test_an_expired_card_frees_no_phone_and_past_its_grace_takes_no_refill(world: World, holder: Holder) -> None:
    """Read only: refused by the act itself, not only left out of the page."""
    world.session.add(CallerIdBinding(caller_id="37060000001", card_id=world.cards[0].card_id, bound_at=now()))
    world.set(Card, world.cards[0].card_id, status=CardStatus.EXPIRED, expires_at=now() - timedelta(days=2))
    code = vouchers(world.session)[0]
    world.session.commit()
    page = holder.get("/phones")
    assert "it can be looked at only" in text_of(page)
    assert "/phones/remove" not in page.text
    assert holder.post("/phones", "/phones/remove", phone="37060000001").status_code == 400
    assert "it can be looked at only" in text_of(holder.get("/refill"))
    assert holder.post("/refill", "/refill", code=code).status_code == 400
    assert world.session.scalars(select(CallerIdBinding.caller_id)).all() == ["37060000001"]
    assert world.session.scalar(select(func.count()).where(LedgerEntry.kind == LedgerKind.RECHARGE)) == 0


def test_short_numbers_are_those_of_the_menu_of_a_call(world: World, holder: Holder) -> None:
    def keep(slot: str, number: str) -> TestResponse:
        return holder.post("/settings", "/settings/short", slot=slot, number=number)

    assert keep("7", "+370 612 34567").status_code == 302
    assert "7 now calls +37061234567." in text_of(holder.get("/settings"))
    assert find_speed_dial(world.session, world.cards[0].card_id, "7") == LITHUANIA
    assert find_speed_dial(world.session, world.cards[1].card_id, "7") is None
    world.session.commit()
    for slot, number in (("", BRITAIN), ("777", BRITAIN), ("x", BRITAIN), ("8", "911"), ("8", ""), ("8", "1" * 20)):
        assert keep(slot, number).status_code == 400
    held = keep("8", world.cards[0].pin)  # typed into the wrong field: neither kept nor sent back
    assert (held.status_code, world.cards[0].pin in held.text) == (400, False)
    assert holder.post("/settings", "/settings/forget", slot="7").status_code == 302
    assert find_speed_dial(world.session, world.cards[0].card_id, "7") is None


def test_the_language_of_calls_is_one_that_is_spoken_there(world: World, holder: Holder) -> None:
    world.session.execute(update(IvrPlan).values(languages=["en", "es"]))
    world.session.commit()
    for language in ("es", "tlh", ""):
        holder.post("/settings", "/settings/spoken", spoken=language)
    assert world.card().language == "es"


def refill(holder: Holder, code: str) -> TestResponse:
    return holder.post("/refill", "/refill", code=code)


def test_a_refill_that_is_sent_twice_books_once_and_says_so(world: World, holder: Holder) -> None:
    """V-6."""
    code = vouchers(world.session)[0]
    world.session.commit()
    assert refill(holder, code).location == "/"
    assert "10.00 USD were added. Your balance is 15.00 USD." in text_of(holder.get("/"))
    assert refill(holder, code).location == "/"
    assert "is on your card already" in text_of(holder.get("/"))
    booked = select(func.count()).where(LedgerEntry.kind == LedgerKind.RECHARGE)
    assert world.session.scalar(booked) == 1
    assert verify_ledger(world.session) == []


def test_a_wrong_voucher_is_told_beside_the_field_and_too_many_shut_the_door(world: World, holder: Holder) -> None:
    code = vouchers(world.session)[0]
    world.session.commit()
    first = refill(holder, "000000000000")
    assert (first.status_code, "This voucher is not known." in text_of(first)) == (400, True)
    assert 'aria-invalid="true"' in first.text
    for _ in range(4):
        refill(holder, "000000000000")
    assert "Too many wrong entries" in text_of(refill(holder, code))


def test_prices_are_found_by_number_and_by_name(world: World, holder: Holder) -> None:
    del world
    by_number = text_of(holder.get("/rates?q=%2B370+612+34567"))
    assert "Lithuania" in by_number
    assert "Connection fee 0.10 USD" in by_number
    assert "First minute, all included 0.17 USD" in by_number
    assert "Your money lasts 70 minutes" in by_number
    by_name = text_of(holder.get("/rates?q=lith"))
    assert "Lithuania +370… · lasts 70 minutes" in by_name  # the same as by a whole number
    assert "0.07 USD a minute + 0.10 USD a call" in by_name
    assert "We have no price for this number" in text_of(holder.get("/rates?q=99912345678"))
    assert "We know no destination of this name." in text_of(holder.get("/rates?q=Atlantis"))
    assert "Write at least two letters." in text_of(holder.get("/rates?q=x"))
    assert "Emergency numbers" in text_of(holder.get("/rates?q=911"))


@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_read_as_text(holder: Holder, typed: str) -> None:
    page = holder.client.get("/rates", query_string={"q": typed})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert holder.post("/refill", "/refill", code=typed).status_code == 400
    assert holder.get("/").status_code == 200


def test_a_page_that_is_not_there_and_a_form_that_is_too_long_are_told_in_words(holder: Holder) -> None:
    assert "There is no such page" in text_of(holder.get("/cards/2-000000002"))
    long = holder.client.post("/refill", data={"code": "1" * 100_000})
    assert (long.status_code, "too much for one form" in text_of(long)) == (413, True)


def test_the_pages_speak_spanish_to_who_chose_it_or_whose_browser_asks(holder: Holder) -> None:
    asked = holder.client.get("/", headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert '<html lang="es">' in asked.text
    holder.post("/", "/language", language="es")
    page = holder.get("/")
    assert '<html lang="es">' in page.text
    assert "Saldo" in text_of(page)
    holder.post("/", "/language", language="tlh")
    assert '<html lang="es">' in holder.get("/").text
    holder.post("/", "/log-out")
    assert '<html lang="es">' in holder.get("/log-in").text

"""Printed cards: what stands on them, what their QR code dials, which cards are left out, and the audit entry."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import pytest
import segno
from factories import ACCESS, KEYS, NOW, World, a_world, row
from sqlalchemy import select, update

from billing.card_number import grouped
from billing.rights import ALL_RIGHTS
from billing.states import CardStatus
from models import AccessNumber, AuditEntry, Card
from services.audit.audit import Actor, Door
from services.cards.card_words import CARD_WORDS
from services.keys.permit import Permit
from services.series.card_sheet import GRIDS, MARK_LENGTH
from services.series.export_series import ExportRefused
from services.series.print_cards import PrintOrder, dial_code, permit_print, plan_print, print_cards

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

PIN_ONLY = {"pin_entry_mode": "pin_only"}


def printed(session: Session, file: Path, **order: Any) -> str:  # noqa: ANN401 (of PrintOrder)
    plan = plan_print(session, PrintOrder(1, **order))
    print_cards(session, plan, file, Permit(KEYS), UTC, compressed=False)
    return "\n".join(texts(file))


def texts(file: Path) -> list[str]:
    """What is drawn, in order; the letters of ASCII stand in the file as they are."""
    return [text.decode() for text in re.findall(rb"\(([ -~]*)\) Tj", file.read_bytes())]


def test_a_card_holds_all_that_a_buyer_needs(session: Session, tmp_path: Path) -> None:
    """M-1, M-18, M-19, JC-47, JC-49: number with its dash, PIN in fours, value, expiry, access number, what it asks."""
    world = a_world(session, series={"expiry_date": date(2027, 12, 31)})
    on_paper = printed(session, tmp_path / "cards.pdf").split("\n")
    for card in world.cards:
        assert card.number in on_paper
        assert grouped(card.pin) in on_paper
    for text in ("Group", "5.00 USD", "1 800 555 0100", "EN", "Valid through 31 Dec 2027", "CARD NUMBER", "PIN"):
        assert on_paper.count(text) == 2, text
    assert "Key the card number without the dash, then the PIN." in on_paper
    assert "Series 1, sheet 1 of 1" in on_paper


def test_cards_of_pin_only_groups_ask_for_the_pin_alone(session: Session, tmp_path: Path) -> None:
    world = a_world(session, group=PIN_ONLY, series={"pin_length": 12, "expiry_period_days": 30})
    on_paper = printed(session, tmp_path / "cards.pdf").split("\n")
    assert "Key the PIN." in on_paper
    assert "Valid for 30 days from the first call" in on_paper
    assert on_paper.index(grouped(world.cards[0].pin)) < on_paper.index(world.cards[0].number)


def test_both_languages_say_the_same(session: Session, tmp_path: Path) -> None:
    a_world(session, series={"expiry_date": date(2027, 1, 31), "expiry_period_days": 30})
    on_paper = printed(session, tmp_path / "cards.pdf", language="es").split("\n")
    assert "LLAME AL" in on_paper
    spanish, english = (CARD_WORDS[code] for code in ("es", "en"))
    for name in spanish.__slots__:
        assert str(getattr(spanish, name)).count("{") == str(getattr(english, name)).count("{"), name


def test_the_fonts_are_inside_the_file(session: Session, tmp_path: Path) -> None:
    """A printing house takes no file whose fonts are missing."""
    a_world(session, group={"name": "Mañana ¿Qué? €"})
    printed(session, tmp_path / "cards.pdf")
    content = (tmp_path / "cards.pdf").read_bytes()
    assert content.count(b"/FontFile2") == content.count(b"/Type /Font\n") + content.count(b"/Type /Font ") == 2
    with pytest.raises(ExportRefused, match="has no Я: give another text"):
        plan_print(session, PrintOrder(1, title="Я"))


def test_pages_are_full_and_marked_for_the_knife(session: Session, tmp_path: Path) -> None:
    a_world(session, series={"quantity": 11})
    for cards_a_page, marks in ((10, 2 * (3 + 6)), (8, 2 * (3 + 5))):
        printed(session, tmp_path / "cards.pdf", cards_a_page=cards_a_page)
        content = (tmp_path / "cards.pdf").read_bytes()
        assert content.count(b"/Type /Page\n") == 2
        grid = GRIDS[cards_a_page]
        assert grid.bottom > MARK_LENGTH < grid.left
        lines = re.findall(rb"n [\d.]+ [\d.]+ m [\d.]+ [\d.]+ l S", content)
        assert len(lines) == 2 * marks + 11  # and the rule of each card


def test_a_pdf_is_small_and_names_no_pin_outside_its_pages(session: Session, tmp_path: Path) -> None:
    world = a_world(session)
    plan = plan_print(session, PrintOrder(1))
    assert print_cards(session, plan, tmp_path / "cards.pdf", Permit(KEYS), UTC) == 1
    content = (tmp_path / "cards.pdf").read_bytes()
    assert not any(card.pin.encode() in content for card in world.cards)
    assert len(content) < 100_000


@pytest.mark.parametrize(
    ("group", "order", "code"),
    [
        ({}, {}, f"tel:{ACCESS},,{{number}}"),
        ({}, {"is_international": True}, f"tel:+{ACCESS},,{{number}}"),
        ({}, {"qr_with_pin": True}, f"tel:{ACCESS},,{{number}},{{pin}}"),
        (PIN_ONLY, {}, f"tel:{ACCESS}"),
        (PIN_ONLY, {"qr_with_pin": True}, f"tel:{ACCESS},,{{pin}}"),
    ],
)
def test_the_code_dials_and_keeps_the_pin_out(
    session: Session, tmp_path: Path, group: dict[str, Any], order: dict[str, Any], code: str
) -> None:
    """No "#" either: phones refuse to dial such links, and an entry ends by its length."""
    world = a_world(session, group=group)
    number, pin = world.keyed()
    plan = plan_print(session, PrintOrder(1, **order))
    expected = code.format(number=number, pin=pin)
    assert dial_code(plan, number, pin) == expected
    assert ("#" in expected, pin in expected) == (False, bool(order.get("qr_with_pin")))
    one = replace(plan, cards=1, order=replace(plan.order, last_serial=1))
    print_cards(session, one, tmp_path / "card.pdf", Permit(KEYS), UTC, compressed=False)
    assert drawn_code(tmp_path / "card.pdf") == [bytes(modules) for modules in segno.make(expected, error="m").matrix]


def drawn_code(file: Path) -> list[bytes]:
    """The dark squares of the only QR code in the file, put together from its rectangles."""
    rectangles = [tuple(map(int, found)) for found in re.findall(rb"(\d+) (\d+) (\d+) (\d+) re", file.read_bytes())]
    module = rectangles[0][3]
    left, top = min(x for x, *_ in rectangles), max(y for _, y, *_ in rectangles)
    side = (max(x + width for x, _, width, _ in rectangles) - left) // module
    matrix = [bytearray(side) for _ in range(side)]
    for x, y, width, _ in rectangles:
        for place in range(width // module):
            matrix[(top - y) // module][(x - left) // module + place] = 1
    return [bytes(modules) for modules in matrix]


def test_where_the_language_is_asked_first_the_code_keys_nothing(session: Session) -> None:
    world = a_world(session, plan={"languages": ["en", "es"]}, access={"language": None})
    plan = plan_print(session, PrintOrder(1, qr_with_pin=True))
    assert dial_code(plan, *world.keyed()) == f"tel:{ACCESS}"
    assert plan.sheet.steps[0].startswith("Choose your language.")
    assert plan.sheet.calls == [("1 800 555 0100", "EN / ES")]


def test_access_numbers_are_chosen_and_written_as_asked(session: Session) -> None:
    world = a_world(session, plan={"languages": ["en", "es"]})
    for number in ("37052000000", "37052000001", "37052000002", "37052000003"):
        row(session, AccessNumber, number=number, ivr_plan_id=world.plan_id, language="es")
    row(session, AccessNumber, number="37052000009", ivr_plan_id=world.plan_id, is_enabled=False)
    with pytest.raises(ExportRefused, match="5 access numbers have no room on a card: choose up to 4"):
        plan_print(session, PrintOrder(1))
    assert len(plan_print(session, PrintOrder(1, cards_a_page=8)).sheet.calls) == 5
    plan = plan_print(session, PrintOrder(1, access={"37052000001": "+370 5 200 0001"}, is_international=True))
    assert plan.sheet.calls == [("+370 5 200 0001", "ES")]
    assert dial_code(plan, "1", "2") == "tel:+37052000001,,1"
    with pytest.raises(ExportRefused, match="37052000009 is no open access number of these cards"):
        plan_print(session, PrintOrder(1, access={"37052000009": None}))


def test_only_unused_cards_are_printed(session: Session, tmp_path: Path) -> None:
    world: World = a_world(session, series={"quantity": 5})
    world.set_card(0, status=CardStatus.ACTIVATED, activated_at=NOW)
    world.set_card(1, status=CardStatus.BLOCKED, status_before=CardStatus.PENDING)
    world.set_card(2, pin_encrypted=None)
    world.set_card(3, status=CardStatus.INACTIVE)
    plan = plan_print(session, PrintOrder(1))
    assert (plan.cards, plan.cards_left_out) == (2, 3)
    on_paper = printed(session, tmp_path / "cards.pdf")
    assert [card.number in on_paper for card in world.cards] == [False, False, False, True, True]
    assert plan_print(session, PrintOrder(1, first_serial=4, last_serial=4)).cards == 1
    session.execute(update(Card).values(pin_encrypted=None))
    with pytest.raises(ExportRefused, match="no unused card there"):
        plan_print(session, PrintOrder(1))


def test_printing_is_a_reading_of_pins_in_the_audit_log(session: Session) -> None:
    world = a_world(session)
    plan = plan_print(session, PrintOrder(1, last_serial=1, qr_with_pin=True))
    permit_print(session, plan, Actor("anna", Door.CONSOLE, rights=ALL_RIGHTS), KEYS, NOW)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "series.printed")).one()
    assert (entry.actor, entry.object_id, entry.happened_at) == ("anna", str(world.series_id), NOW)
    assert entry.after == {"series": 1, "cards": 1, "qr_with_pin": True, "first_serial": 0, "last_serial": 1}
    assert not any(card.pin in repr((plan, entry.after)) for card in world.cards)


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"cards_a_page": 7}, "7 cards a page are not offered: choose 10 or 8."),
        ({"language": "xx"}, "Cards are printed in en or es, not in 'xx'."),
        ({"access": {ACCESS: "x" * 25}}, "is too long for a card"),
    ],
)
def test_what_cannot_be_printed_is_told(session: Session, order: dict[str, Any], sentence: str) -> None:
    a_world(session)
    with pytest.raises(ExportRefused, match=re.escape(sentence)):
        plan_print(session, PrintOrder(1, **order))


def test_a_card_that_no_access_number_accepts_is_not_printed(session: Session) -> None:
    a_world(session, access={"is_enabled": False})
    with pytest.raises(ExportRefused, match="No open access number leads to these cards"):
        plan_print(session, PrintOrder(1))

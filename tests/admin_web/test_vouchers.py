"""Vouchers on pages: ordered, made by the worker's own service, exported by right, redeemed on a card, blocked."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, World, micros
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from admin_web.access import now
from admin_web.views.cards import voucher_batch
from billing.rights import Role
from billing.states import CardType
from models import AuditEntry, VoucherBatch
from services.keys.key_file import replace_pin_keys
from services.vouchers.generate_vouchers import generate_vouchers
from services.vouchers.voucher_rows import waiting_batches
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

CARD = "/cards/1-000000001"
FORM = {"name": "May", "currency": "USD", "value_micros": "10.00", "quantity": "3", "code_length": "14"}


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], tmp_path: Path) -> Visitor:
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    return signed_in(Role.OWNER)


@pytest.fixture
def batch(owner: Visitor, world: World, engine: Engine) -> str:
    """The address of a batch that the worker has made."""
    ordered = owner.post("/vouchers/new", "/vouchers/new", **FORM)
    assert ordered.status_code == 302, text_of(ordered)
    assert "being made" in text_of(owner.get(ordered.location))
    with Session(engine) as session:
        (batch_id,) = waiting_batches(session)
    assert generate_vouchers(sessionmaker(engine), KEYS, batch_id, now) == 3
    del world
    return ordered.location


def codes(owner: Visitor, batch: str) -> list[str]:
    answer = owner.post(batch, f"{batch}export", form="csv", with_codes="1")
    return [row["Code"] for row in csv.DictReader(io.StringIO(answer.text))]


def do(owner: Visitor, page: str, address: str, **fields: object) -> str:
    return text_of(owner.get(owner.post(page, address, **fields).location))


def test_a_batch_is_ordered_once_and_told(owner: Visitor, batch: str, engine: Engine) -> None:
    again = owner.post("/vouchers/new", "/vouchers/new", **FORM)
    assert again.location == batch
    other = owner.post("/vouchers/new", "/vouchers/new", **{**FORM, "quantity": "4"})
    assert other.status_code == 400
    assert "with other terms" in text_of(other)
    short = owner.post("/vouchers/new", "/vouchers/new", **{**FORM, "name": "June", "code_length": "9"})
    assert "give a whole number from 12 to 16" in text_of(short)
    page = text_of(owner.get(batch))
    assert "Vouchers May [10.00 USD]" in page
    assert "ready 3" in page
    with Session(engine) as session:
        assert session.scalars(select(VoucherBatch.name)).all() == ["May"]


def test_codes_leave_by_right_and_named(
    owner: Visitor, signed_in: Callable[..., Visitor], batch: str, engine: Engine
) -> None:
    plain = owner.post(batch, f"{batch}export", form="csv")
    assert [row["Code"] for row in csv.DictReader(io.StringIO(plain.text))] == [""] * 3
    assert all(len(code.replace(" ", "")) == 14 for code in codes(owner, batch))
    refused = signed_in(Role.FINANCE).post(batch, f"{batch}export", form="csv", with_codes="1")
    assert refused.status_code == 403
    with Session(engine) as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.object_kind == "voucher_batch")).all()
    exported = [act for act in acts if "exported" in act]
    assert exported == ["voucher_batch.exported"] * 2 + ["voucher_batch.exported.refused"]


def test_a_voucher_is_redeemed_on_a_card_once(owner: Visitor, batch: str, world: World) -> None:
    world.set_group(card_type=CardType.RECHARGEABLE)
    world.session.commit()
    code = codes(owner, batch)[0]
    assert "The voucher added 10.00 USD." in do(owner, CARD, f"{CARD}/redeem", code=code)
    assert "has been used" in do(owner, CARD, f"{CARD}/redeem", code=code)
    assert "not known" in do(owner, CARD, f"{CARD}/redeem", code="12345678901234")
    assert "redeemed 1" in text_of(owner.get(batch))
    assert "1-000000001" in text_of(owner.get(f"{batch}?status=redeemed"))
    world.session.rollback()
    assert world.wallet()[0] == micros("15.00")
    assert world.is_proved()


def test_lost_vouchers_are_blocked_with_a_reason(owner: Visitor, batch: str, world: World) -> None:
    assert "needs a reason" in do(owner, batch, f"{batch}block", first="2", last="3")
    assert "2 vouchers are blocked." in do(owner, batch, f"{batch}block", first="2", last="3", reason="stolen")
    assert "stolen" in text_of(owner.get(f"{batch}?serial=3"))
    assert "1 vouchers can be redeemed again." in do(owner, batch, f"{batch}block", first="2", unblock="1")
    assert "blocked 1" in text_of(owner.get(batch))
    del world


def test_who_makes_no_cards_makes_no_vouchers(signed_in: Callable[..., Visitor], batch: str) -> None:
    support = signed_in(Role.SUPPORT)
    assert support.get("/vouchers/new").status_code == 403
    assert support.post(batch, f"{batch}block", reason="x").status_code == 403


def test_a_large_batch_is_counted_up_to_a_number_and_to_the_end_when_asked(
    owner: Visitor, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = text_of(owner.get(batch))
    ready = re.search(r"ready (\d+)", whole)
    assert ready is not None
    assert "Count all vouchers" not in whole
    monkeypatch.setattr(voucher_batch, "COUNTED_MAX", 1)
    page = text_of(owner.get(f"{batch}?status=ready"))
    assert "ready 1+" in page
    assert "redeemed 0" in page
    assert "Count all vouchers" in page
    counted = text_of(owner.get(f"{batch}?status=ready&counted=1"))
    assert ready[0] in counted
    assert "1+" not in counted

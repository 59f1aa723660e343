"""Making vouchers: chunk by chunk, taken up again after a kill, never two codes alike, none good before the end."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import killable
import pytest
from factories import KEYS, NOW, at_once, micros
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from vouchers import CLERK, a_batch, vouchers

from billing.states import VoucherStatus
from models import AuditEntry, Voucher, VoucherBatch
from services.keys.permit import Permit
from services.keys.pin_keys import create_pin_keys
from services.money.verify_ledger import verify_ledger
from services.vouchers import make_vouchers as making
from services.vouchers.block_vouchers import VoucherBlockRefused, block_vouchers, unblock_vouchers
from services.vouchers.make_vouchers import NewVoucherBatch, VouchersRefused, make_vouchers, open_voucher_batch
from services.vouchers.voucher_codes import code_digests
from services.vouchers.voucher_report import (
    find_voucher_batch,
    voucher_batch_report,
    voucher_batches,
    voucher_report,
    voucher_rows,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from services.keys.pin_keys import PinKeys

TERMS = NewVoucherBatch("May", "USD", micros("10.00"), 25)


def statuses(session: Session, batch_id: int) -> list[str]:
    query = select(Voucher.status).where(Voucher.batch_id == batch_id).order_by(Voucher.serial)
    return [status.value for status in session.scalars(query)]


def test_every_voucher_has_its_own_code_of_the_length_asked_for(session: Session) -> None:
    codes = vouchers(session, quantity=200, code_length=16)
    assert len(set(codes)) == 200
    assert {len(code) for code in codes} == {16}
    assert all(code.isascii() and code.isdigit() for code in codes)
    assert sorted(codes) not in (codes, codes[::-1])


def test_a_code_is_stored_as_digest_and_sealed_copy_only(session: Session) -> None:
    """Bound to its place, and not the digest that a PIN of the same digits would have."""
    [code] = vouchers(session, quantity=1)
    digest, sealed = session.execute(select(Voucher.code_digest, Voucher.code_encrypted)).one()
    assert [digest] == code_digests(KEYS, code) != KEYS.digests(code)
    assert code.encode() not in digest + sealed


def test_a_batch_that_was_cut_short_goes_on_where_it_was(session: Session) -> None:
    """Killed between two chunks: run again, the same batch; exactly its number of vouchers at the end."""
    batch_id = open_voucher_batch(session, TERMS, CLERK, NOW)
    steps = [make_vouchers(session, KEYS, batch_id, NOW, chunk=10) for _ in range(2)]
    assert [(step.done, step.is_whole) for step in steps] == [(10, False), (20, False)]
    assert session.scalars(select(VoucherBatch.made_at)).one() is None
    early = [row.code for row in voucher_rows(session, Permit(KEYS), batch_id)]
    assert open_voucher_batch(session, TERMS, CLERK, NOW) == batch_id
    assert make_vouchers(session, KEYS, batch_id, NOW, chunk=10).is_whole
    assert make_vouchers(session, KEYS, batch_id, NOW, chunk=10).done == 25
    rows = list(voucher_rows(session, Permit(KEYS), batch_id))
    assert [row.serial for row in rows] == list(range(1, 26))
    assert [row.code for row in rows][:20] == early
    assert session.scalars(select(VoucherBatch.made_at)).one() == NOW


def test_a_name_stands_for_one_batch(session: Session) -> None:
    open_voucher_batch(session, TERMS, CLERK, NOW)
    with pytest.raises(VouchersRefused, match="another name"):
        a_batch(session, quantity=26)
    assert session.scalars(select(func.count(AuditEntry.number))).one() == 1


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({"name": " "}, "name"),
        ({"currency": "usd"}, "ISO code"),
        ({"value_micros": 0}, "above 0"),
        ({"quantity": 0}, "1 to 1000000"),
        ({"quantity": 1_000_001}, "1 to 1000000"),
        ({"code_length": 11}, "12 to 16"),
        ({"code_length": 17}, "12 to 16"),
        ({"expires_at": NOW}, "expired"),
        ({"code_length": 12, "quantity": 100_001}, "longer codes"),
    ],
)
def test_a_batch_without_sense_is_refused(session: Session, terms: dict[str, Any], word: str) -> None:
    """The last: a code is good alone, so a random try may hit with one in ten million at most (features.md 3.9)."""
    with pytest.raises(VouchersRefused, match=word):
        open_voucher_batch(session, NewVoucherBatch(**{**asdict(TERMS), **terms}), CLERK, NOW)


def test_all_batches_of_a_length_share_its_space(session: Session) -> None:
    a_batch(session, quantity=60_000, code_length=12)
    with pytest.raises(VouchersRefused, match="100001 vouchers"):
        a_batch(session, "June", quantity=40_001, code_length=12)
    a_batch(session, "July", quantity=40_000, code_length=12)


def test_a_code_that_another_voucher_has_is_drawn_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = vouchers(session, quantity=2)
    fresh = making.drawn_codes
    draws = [dict(zip([d for c in taken for d in code_digests(KEYS, c)], taken, strict=True))]

    def unlucky(keys: PinKeys, quantity: int, length: int) -> dict[bytes, str]:
        return draws.pop() if draws else fresh(keys, quantity, length)

    monkeypatch.setattr(making, "drawn_codes", unlucky)
    assert not set(vouchers(session, "June", quantity=2)) & set(taken)
    assert draws == []


def test_a_code_taken_between_look_and_insert_is_drawn_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when two batches are made at once: the chunk is undone and drawn anew."""
    [taken] = vouchers(session, quantity=1)
    fresh = making._free_codes
    draws = [{code_digests(KEYS, taken)[0]: taken}]

    def raced(session: Session, keys: PinKeys, length: int, quantity: int) -> dict[bytes, str]:
        return draws.pop() if draws else fresh(session, keys, length, quantity)

    monkeypatch.setattr(making, "_free_codes", raced)
    assert vouchers(session, "June", quantity=1) != [taken]


def test_one_batch_made_by_two_at_once_is_whole_and_has_no_voucher_twice(engine: Engine) -> None:
    def run(session: Session, batch_id: int) -> int:
        return make_vouchers(session, KEYS, batch_id, NOW, chunk=50).done

    with Session(engine, autoflush=False) as session:
        batch_id = a_batch(session, quantity=120)
        session.commit()
        for _ in range(2):
            at_once(engine, [lambda s: run(s, batch_id)] * 2)
        assert statuses(session, batch_id) == ["ready"] * 120
        assert session.scalars(select(VoucherBatch.made_at)).one() == NOW


def test_vouchers_are_blocked_and_unblocked_by_serial_or_batch(session: Session) -> None:
    vouchers(session, quantity=4)
    batch = find_voucher_batch(session, "May")
    assert batch is not None
    session.execute(
        Voucher.__table__.update().where(Voucher.serial == 1).values(status=VoucherStatus.REDEEMED, redeemed_at=NOW)
    )
    assert block_vouchers(session, batch.id, range(1, 3), "parcel lost", CLERK, NOW) == 1
    assert statuses(session, batch.id) == ["redeemed", "blocked", "ready", "ready"]
    assert block_vouchers(session, batch.id, None, "all lost", CLERK, NOW) == 2
    assert unblock_vouchers(session, batch.id, range(4, 5), CLERK, NOW) == 1
    assert unblock_vouchers(session, batch.id, None, CLERK, NOW) == 2
    assert unblock_vouchers(session, batch.id, None, CLERK, NOW) == 0
    assert statuses(session, batch.id) == ["redeemed", "ready", "ready", "ready"]
    acts = session.execute(select(AuditEntry.act, AuditEntry.after).order_by(AuditEntry.number)).all()[1:]
    assert [(act, after["serials"], after["vouchers"]) for act, after in acts] == [
        ("vouchers.blocked", "1-2", 1),
        ("vouchers.blocked", "all", 2),
        ("vouchers.unblocked", "4-4", 1),
        ("vouchers.unblocked", "all", 2),
    ]


def test_blocking_wants_a_reason_and_a_whole_batch(session: Session) -> None:
    batch_id = a_batch(session)
    with pytest.raises(VoucherBlockRefused, match="being made"):
        block_vouchers(session, batch_id, None, "lost", CLERK, NOW)
    with pytest.raises(VoucherBlockRefused, match="reason"):
        block_vouchers(session, batch_id, None, " ", CLERK, NOW)


def test_reports_count_by_state_and_tell_no_code(session: Session) -> None:
    [code] = vouchers(session, quantity=1, expires_at=NOW + timedelta(days=30))
    a_batch(session, "June")
    newest, oldest = voucher_batches(session)
    assert (newest["name"], newest["made_at"], newest["ready"]) == ("June", None, 0)
    assert (oldest["ready"], oldest["redeemed"], oldest["blocked"]) == (1, 0, 0)
    batch = find_voucher_batch(session, "May")
    assert batch is not None
    assert voucher_batch_report(session, batch) == oldest
    one = voucher_report(session, batch, 1)
    assert one is not None
    assert one["status"] == "ready"
    assert code not in f"{oldest}{one}{next(voucher_rows(session, Permit(KEYS), batch.id))!r}"
    assert voucher_report(session, batch, 2) is None


def test_a_batch_ends_with_its_quantity_after_kills(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """Killed three times at random moments by SIGKILL, then run to its end: exactly its vouchers, no code twice."""
    file = tmp_path / "keys.json"
    create_pin_keys(file)
    quantity = 60_000
    with Session(engine) as session, session.begin():
        batch_id = open_voucher_batch(session, replace(TERMS, quantity=quantity), CLERK, NOW)
    dice = random.Random(database_url)  # noqa: S311 (moments of kills)
    made = [0]
    while len(made) < 4:
        process = killable.start("vouchers", database_url, file, batch_id)
        killable.kill_after(process, dice.uniform(0.0, 0.1))
        with Session(engine) as session:
            made.append(session.scalars(select(func.count()).select_from(Voucher)).one())
            assert made[-1] % making.CHUNK_VOUCHERS == 0
            assert session.get_one(VoucherBatch, batch_id).made_at is None
            assert verify_ledger(session) == []
    assert made == sorted(made)
    killable.finish(killable.start("vouchers", database_url, file, batch_id))
    with Session(engine) as session:
        assert session.scalars(select(func.count(Voucher.code_digest.distinct()))).one() == quantity
        assert session.get_one(VoucherBatch, batch_id).made_at is not None
        assert verify_ledger(session) == []

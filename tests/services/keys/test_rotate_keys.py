"""Rotating keys: every secret comes under the new key, calls go on meanwhile, and no kill loses a key."""

from __future__ import annotations

import fcntl
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import killable
import pyotp
import pytest
from factories import ACCESS, KEYS, NOW, a_world, micros
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.guard import GuardRules
from billing.rights import Role
from billing.states import JobState, PinEntryMode
from models import AuditEntry, Card, Job, Operator, Voucher
from models.database import session_factory
from services.audit.audit import Actor, Door, broken_links
from services.calls.access import find_access
from services.calls.identify_card import Identified, identify_card
from services.keys import reseal
from services.keys import rotate_keys as rotate_keys_module
from services.keys.closed_keys import ROTATE_KEYS, KeyClosed
from services.keys.key_file import KeyFile, replace_pin_keys
from services.keys.pin_keys import load_pin_keys, new_keys
from services.keys.reseal import keys_in_use
from services.keys.rotate_keys import Rotation, RotationRunning, rotate_keys
from services.money.verify_ledger import verify_ledger
from services.operators.operator_facts import OperatorFacts
from services.operators.save_operator import OperatorRole, create_operator
from services.operators.second_factor import set_second_factor
from services.operators.sign_in import PasswordRight, enter_second_factor
from services.operators.totp import new_secret
from services.vouchers.make_vouchers import NewVoucherBatch, make_vouchers, open_voucher_batch
from services.vouchers.voucher_codes import code_digests, decrypted_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from services.keys.pin_keys import KeySource
    from services.series.create_series import NewCard

OPERATOR = Actor("operator", Door.CLI)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The factories' keys as an installation has them."""
    file = tmp_path / "keys.json"
    replace_pin_keys(file, KEYS)
    return file


def some_cards(engine: Engine, quantity: int, mode: PinEntryMode = PinEntryMode.NUMBER_AND_PIN) -> list[NewCard]:
    with Session(engine, autoflush=False) as session, session.begin():
        return a_world(session, group={"pin_entry_mode": mode}, series={"quantity": quantity}).cards


def rotate(engine: Engine, file: Path, wait: Callable[[], None] = lambda: None) -> Rotation:
    return rotate_keys(session_factory(engine), file, OPERATOR, lambda: NOW, wait)


def is_let_in(session: Session, keys: KeySource, card: NewCard) -> bool:
    access = find_access(session, ACCESS)
    assert access is not None
    answer = identify_card(session, keys, access, card.number.replace("-", ""), card.pin, NOW)
    return isinstance(answer, Identified) and answer.card.card_id == card.card_id


def assert_under(engine: Engine, file: Path, number: int, cards: list[NewCard]) -> None:
    """Every card stands under this key alone, and its holder is let in."""
    keys = load_pin_keys(file)
    assert (keys.number, keys.older) == (number, ())
    with Session(engine, autoflush=False) as session:
        for card in cards:
            stored = session.get_one(Card, card.card_id)
            assert (stored.pin_key, stored.pin_digest) == (number, keys.digest(card.pin))
            assert keys.decrypt(stored.pin_encrypted or b"", stored.number) == card.pin
        assert is_let_in(session, keys, cards[0])
        assert verify_ledger(session) == []
        assert list(broken_links(session)) == []
        jobs = select(Job.state).where(Job.kind == ROTATE_KEYS, Job.key == str(number))
        assert session.scalars(jobs).one() is JobState.DONE


@pytest.mark.parametrize("mode", PinEntryMode)
def test_every_pin_comes_under_the_new_key(engine: Engine, file: Path, mode: PinEntryMode) -> None:
    cards = some_cards(engine, 30, mode)
    assert rotate(engine, file) == Rotation(2, 30, 0, ())
    assert_under(engine, file, 2, cards)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_pin_keys(file).digest_key != KEYS.digest_key
    assert rotate(engine, file) == Rotation(3, 30, 0, ())
    assert_under(engine, file, 3, cards)


def test_voucher_codes_come_with_them(engine: Engine, file: Path) -> None:
    with Session(engine, autoflush=False) as session, session.begin():
        batch_id = open_voucher_batch(session, NewVoucherBatch("May", "USD", micros("5.00"), 5), OPERATOR, NOW)
        make_vouchers(session, KEYS, batch_id, NOW)
    assert rotate(engine, file).resealed == 5
    keys = load_pin_keys(file)
    with Session(engine) as session:
        for voucher in session.scalars(select(Voucher)):
            code = decrypted_code(keys, voucher.code_encrypted or b"", batch_id, voucher.serial)
            assert (voucher.code_key, voucher.code_digest) == (2, code_digests(keys, code)[0])


@pytest.mark.parametrize("mode", PinEntryMode)
def test_callers_are_let_in_at_every_moment_of_a_rotation(
    engine: Engine, file: Path, mode: PinEntryMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that watches the file, asked again and again while two rotations run."""
    monkeypatch.setattr(reseal, "ROWS_A_CHUNK", 7)
    cards = some_cards(engine, 60, mode)
    watched = KeyFile(file)
    refused: list[str] = []
    with ThreadPoolExecutor(1) as beside:
        rotating = beside.submit(lambda: [rotate(engine, file, lambda: time.sleep(0.1)) for _ in range(2)])
        dice = random.Random(1)  # noqa: S311 (who calls when)
        while not rotating.done():
            card = dice.choice(cards)
            with Session(engine, autoflush=False) as session, session.begin():
                if not is_let_in(session, watched, card):
                    refused.append(card.number)
        rotating.result()
    assert refused == []
    assert_under(engine, file, 3, cards)


def test_a_lookup_finds_cards_of_the_old_and_of_the_new_key(engine: Engine, file: Path) -> None:
    """Half of the way: one card stands under key 2, the other under key 1."""
    cards = some_cards(engine, 2, PinEntryMode.PIN_ONLY)
    keys = new_keys(2, (KEYS,))
    replace_pin_keys(file, keys)
    with Session(engine, autoflush=False) as session, session.begin():
        changed = {"pin_digest": keys.digest(cards[0].pin), "pin_key": 2}
        session.execute(update(Card).where(Card.id == cards[0].card_id).values(changed))
        assert [is_let_in(session, keys, card) for card in cards] == [True, True]
        assert [is_let_in(session, KEYS, card) for card in cards] == [False, True]


def test_a_rotation_that_was_killed_goes_on(engine: Engine, database_url: str, file: Path) -> None:
    """F29: four kills at random moments; after each of them every PIN still opens its card."""
    cards = some_cards(engine, 1_000)
    dice = random.Random(database_url)  # noqa: S311 (moments of kills)
    for _ in range(4):
        killable.kill_after(killable.start("rotate", database_url, file), dice.uniform(0.0, 0.06))
        keys = load_pin_keys(file)
        assert file.stat().st_mode & 0o777 == 0o600
        with Session(engine, autoflush=False) as session:
            assert set(keys_in_use(session)) <= {key.number for key in keys.live()}
            assert all(is_let_in(session, keys, card) for card in dice.sample(cards, 20))
    killable.finish(killable.start("rotate", database_url, file))
    number = load_pin_keys(file).number
    assert_under(engine, file, number, cards)
    with Session(engine) as session:
        begun = select(AuditEntry.object_id).where(AuditEntry.act == "keys.rotate").order_by(AuditEntry.number)
        assert session.scalars(begun).all() == [str(each) for each in range(2, number + 1)]


class Killed(Exception):
    pass


@pytest.mark.parametrize("place", ["replace_pin_keys", "_wait_for_writers", "_reseal", "_end"])
def test_a_rotation_goes_on_from_each_of_its_steps(
    engine: Engine, file: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies right after the step: the file is written and the row is not, the old key is closed, ..."""
    cards = some_cards(engine, 5)
    step = getattr(rotate_keys_module, place)

    def dies(*arguments: object) -> None:
        step(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(rotate_keys_module, place, dies)
        with pytest.raises(Killed):
            rotate(engine, file)
    with Session(engine, autoflush=False) as session:
        assert all(is_let_in(session, load_pin_keys(file), card) for card in cards)
    number = 3 if place == "_end" else 2
    assert rotate(engine, file).key_number == number
    assert_under(engine, file, number, cards)


def test_a_card_without_its_encrypted_copy_keeps_its_key(engine: Engine, file: Path) -> None:
    """Erased after the export: nobody knows its PIN, so the old key stays for it, also through the next rotation."""
    cards = some_cards(engine, 3)
    with Session(engine) as session, session.begin():
        session.execute(update(Card).where(Card.id == cards[0].card_id).values(pin_encrypted=None))
        session.execute(update(Card).where(Card.id == cards[1].card_id).values(pin_encrypted=b"damaged" * 6))
    assert rotate(engine, file) == Rotation(2, 1, 2, (1,))
    assert rotate(engine, file) == Rotation(3, 1, 2, (1,))
    keys = load_pin_keys(file)
    assert [key.number for key in keys.live()] == [3, 1]
    with Session(engine, autoflush=False) as session:
        assert all(is_let_in(session, keys, card) for card in cards)
        assert keys_in_use(session) == {1: {"cards": 2}, 3: {"cards": 1}}


def test_a_secret_that_another_card_has_already_keeps_its_key(engine: Engine, file: Path) -> None:
    """It cannot be under one key twice; the rest of its chunk is brought over all the same."""
    cards = some_cards(engine, 3)
    twin = new_keys(2, (KEYS,))
    replace_pin_keys(file, twin)
    with Session(engine) as session, session.begin():
        taken = {"pin_digest": twin.digest(cards[1].pin), "pin_key": 2}
        session.execute(update(Card).where(Card.id == cards[0].card_id).values(taken))
    assert rotate(engine, file) == Rotation(2, 1, 1, (1,))


def test_a_stale_key_file_is_refused(engine: Engine, file: Path) -> None:
    """Of another machine, or from a backup: its next key would be a second one of the same number."""
    some_cards(engine, 2)
    stale = load_pin_keys(file)
    rotate(engine, file)
    replace_pin_keys(file, stale)
    with pytest.raises(KeyClosed, match="copy the newer file"):
        rotate(engine, file)
    replace_pin_keys(file, new_keys(2, (stale,)))
    with Session(engine) as session, session.begin():
        session.execute(update(Job).where(Job.kind == ROTATE_KEYS).values(state=JobState.RUNNING))
    with pytest.raises(KeyClosed, match="its own key 2"):
        rotate(engine, file)


def test_two_rotations_at_once_are_one(engine: Engine, file: Path) -> None:
    some_cards(engine, 2)
    folder = os.open(file.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(RotationRunning):
        rotate(engine, file)
    os.close(folder)
    assert rotate(engine, file).key_number == 2


def test_the_audit_log_tells_numbers_and_no_key(engine: Engine, file: Path) -> None:
    some_cards(engine, 2)
    rotate(engine, file)
    keys = load_pin_keys(file)
    with Session(engine) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [(entry.act, entry.object_id, entry.before, entry.after) for entry in entries] == [
        ("keys.rotate", "2", {"keys": [1]}, {"key": 2}),
        ("keys.rotated", "2", None, {"key": 2, "kept": [], "left": 0}),
    ]
    assert keys.digest_key.hex() not in str([entry.after for entry in entries])


def test_a_second_factor_comes_under_the_new_key_and_its_codes_go_on(engine: Engine, file: Path) -> None:
    secret = new_secret()
    with Session(engine) as session, session.begin():
        olga = create_operator(session, "Olga", OperatorRole(Role.OWNER), OPERATOR, NOW)
        set_second_factor(session, olga, secret, pyotp.TOTP(secret).at(NOW), load_pin_keys(file), OPERATOR, NOW)
    assert rotate(engine, file).left == 0
    keys, later = load_pin_keys(file), NOW + timedelta(seconds=60)
    assert (keys.number, keys.older) == (2, ())
    with Session(engine) as session, session.begin():
        right = PasswordRight(olga.id, olga.version + 1)
        code = pyotp.TOTP(secret).at(later)
        entered = enter_second_factor(session, right, code, keys, "127.0.0.1", later, GuardRules())
        assert isinstance(entered, OperatorFacts)
        assert session.scalars(select(Operator.totp_key)).one() == 2

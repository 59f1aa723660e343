"""Passwords of accounts: generated, set, sealed by the key file, shown only audited, and taken along by a rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from account_world import ACTOR, AccountWorld, an_account_world
from factories import KEYS, NOW
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from billing.rights import ROLE_RIGHTS, RightMissing, Role
from models import Account, AuditEntry
from services.accounts.account_password import (
    account_password,
    generated_password,
    set_account_password,
    show_account_password,
)
from services.accounts.sealed_password import PasswordUnreadable
from services.keys.closed_keys import KeyClosed
from services.keys.pin_keys import create_pin_keys, load_pin_keys
from services.keys.reseal import keys_in_use
from services.keys.rotate_keys import rotate_keys
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from services.keys.pin_keys import PinKeys

PASSWORD = "Secret.of-Acme+1"


def give(trade: AccountWorld, account_id: int, password: str | None = PASSWORD, keys: PinKeys = KEYS) -> int:
    return set_account_password(trade.session, keys, account_id, None, password, ACTOR, NOW)


def test_a_generated_password_has_20_random_characters() -> None:
    """JA-33."""
    made = {generated_password() for _ in range(1_000)}
    assert len(made) == 1_000
    assert {len(password) for password in made} == {20}
    assert len(set("".join(made))) == 62


def test_a_password_is_stored_sealed_and_opens_again(trade: AccountWorld) -> None:
    """JA-32: SIP and RADIUS need the clear value."""
    saved = trade.account()
    assert account_password(KEYS, trade.stored(saved.id)) is None
    assert give(trade, saved.id) == 2
    account = trade.stored(saved.id)
    assert PASSWORD.encode() not in (account.password_sealed or b"")
    assert (account.password_key, account_password(KEYS, account)) == (KEYS.number, PASSWORD)


def test_a_password_moved_to_another_account_does_not_open(trade: AccountWorld) -> None:
    first, second = trade.account("First"), trade.account("Second")
    give(trade, first.id)
    stolen = {"password_sealed": trade.stored(first.id).password_sealed, "password_key": 1}
    trade.session.execute(update(Account).where(Account.id == second.id).values(stolen))
    with pytest.raises(PasswordUnreadable):
        account_password(KEYS, trade.stored(second.id))


def test_each_look_at_a_password_is_noted(trade: AccountWorld) -> None:
    """JA-34: needs a right, is audited, and the log holds no secret."""
    saved = trade.account()
    give(trade, saved.id)
    look = (trade.session, KEYS, saved.id, "support case", ACTOR, NOW)
    with pytest.raises(RightMissing, match="see passwords"):
        show_account_password(*look, rights=ROLE_RIGHTS[Role.AUDITOR])
    assert show_account_password(*look, rights=ROLE_RIGHTS[Role.OPERATOR]) == PASSWORD
    notes = trade.session.scalars(select(AuditEntry).where(AuditEntry.object_kind == "account")).all()
    assert [entry.act for entry in notes] == ["account.created", "account.password_set", "account.password_shown"]
    assert notes[-1].reason == "support case"
    assert not any(PASSWORD in f"{entry.before}{entry.after}{entry.reason}" for entry in notes)


def test_a_password_is_taken_away(trade: AccountWorld) -> None:
    saved = trade.account()
    give(trade, saved.id)
    give(trade, saved.id, None)
    account = trade.stored(saved.id)
    assert (account.password_sealed, account.password_key, account.version) == (None, None, 3)


@pytest.mark.parametrize(
    "password", ["short", "", "with space", "semi;colon", 'quo"te', "line\nbreak", "x" * 81, "café-au-lait"]
)
def test_a_password_that_breaks_a_file_is_refused(trade: AccountWorld, password: str) -> None:
    saved = trade.account()
    with pytest.raises(FieldsRefused, match="8 to 80 letters"):
        give(trade, saved.id, password)


def test_a_password_is_set_for_the_version_that_was_seen(trade: AccountWorld) -> None:
    """JC-59."""
    saved = trade.account()
    trade.change(saved.id, 1, notes="x")
    with pytest.raises(ChangedMeanwhile):
        set_account_password(trade.session, KEYS, saved.id, 1, PASSWORD, ACTOR, NOW)


def test_a_rotation_takes_passwords_along(engine: Engine, tmp_path: Path) -> None:
    """JA-32: under the new key they open; a server that still has the old one may seal nothing."""
    file = tmp_path / "keys.json"
    old = create_pin_keys(file)
    sessions = sessionmaker(engine, autoflush=False)
    with sessions.begin() as session:
        trade = an_account_world(session)
        given, without = trade.account("Given").id, trade.account("Without").id
        give(trade, given, keys=old)
    rotation = rotate_keys(sessions, file, ACTOR, lambda: NOW)
    assert (rotation.key_number, rotation.resealed, rotation.left) == (2, 1, 0)
    new = load_pin_keys(file)
    with Session(engine, autoflush=False) as session:
        account = session.get_one(Account, given)
        assert (account.password_key, account_password(new, account)) == (2, PASSWORD)
        assert session.get_one(Account, without).password_sealed is None
        assert keys_in_use(session) == {2: {"accounts": 1}}
        with pytest.raises(PasswordUnreadable):
            account_password(old, account)
        with pytest.raises(KeyClosed):
            give(trade.on(session), without, keys=old)

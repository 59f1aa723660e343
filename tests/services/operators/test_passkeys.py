"""Security keys of operators: registered, named, removed, and what may not be (console.md 11.2)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW
from sqlalchemy import func, select

from billing.rights import Role
from models import AuditEntry, Operator, OperatorChallenge, OperatorPasskey
from services.audit.audit import Actor, Door
from services.operators.challenges import CHALLENGES_MAX
from services.operators.entries import NotSignedIn
from services.operators.operator_facts import OperatorFacts
from services.operators.passkey_facts import passkeys_of
from services.operators.passkeys import (
    PASSKEYS_MAX,
    ask_proof,
    ask_registration,
    remove_passkey,
    rename_passkey,
)
from services.operators.save_operator import OperatorRole, create_operator
from services.operators.second_factor import (
    FactorNeeded,
    SecondFactorRefused,
    switch_off_app,
    switch_off_second_factor,
)
from services.operators.sign_in import sign_in
from tests.services.operators.passkey_entry import (
    ME,
    PASSWORD,
    RULES,
    SITE,
    acts,
    an_owner,
    asked,
    enter,
    fresh,
    registered,
    with_app,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.fixture
def olga(session: Session) -> OperatorFacts:
    return an_owner(session)


def test_a_key_is_named_and_removed_and_both_are_audited(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga)
    other = registered(session, fresh(session), name="red")
    first = passkeys_of(session, olga.id)[0]
    rename_passkey(session, olga, first.id, "navy", ME, NOW)
    remove_passkey(session, olga, first.id, ME, NOW, is_needed=False)
    assert acts(session)[-2:] == ["security key renamed", "security key removed"]
    right, question = asked(session)
    assert enter(session, right, key.get(question)) is NotSignedIn.NOT_ACCEPTED
    right, question = asked(session)
    assert isinstance(enter(session, right, other.get(question)), OperatorFacts)
    for gone in (first.id, 999):
        with pytest.raises(SecondFactorRefused, match="no such security key"):
            rename_passkey(session, olga, gone, "navy", ME, NOW)


def test_nobody_touches_the_keys_of_another(session: Session, olga: OperatorFacts) -> None:
    registered(session, olga)
    second = create_operator(session, "Second", OperatorRole(Role.OWNER), ME, NOW)
    hers = passkeys_of(session, olga.id)[0]
    with pytest.raises(SecondFactorRefused, match="no such security key"):
        remove_passkey(session, second, hers.id, ME, NOW, is_needed=False)
    assert fresh(session).has_passkey


def test_the_last_factor_of_a_role_that_needs_one_stays(session: Session, olga: OperatorFacts) -> None:
    registered(session, olga)
    one = passkeys_of(session, olga.id)[0]
    with pytest.raises(FactorNeeded, match="set up another one"):
        remove_passkey(session, olga, one.id, ME, NOW, is_needed=True)
    with_app(session)
    remove_passkey(session, olga, one.id, ME, NOW, is_needed=True)
    with pytest.raises(FactorNeeded):
        switch_off_app(session, olga, ME, NOW, is_needed=True)
    registered(session, fresh(session))
    switch_off_app(session, olga, ME, NOW, is_needed=True)
    assert (fresh(session).has_app, fresh(session).has_passkey) == (False, True)


def test_removing_the_last_factor_leaves_no_recovery_code(session: Session, olga: OperatorFacts) -> None:
    registered(session, olga)
    remove_passkey(session, olga, passkeys_of(session, olga.id)[0].id, ME, NOW, is_needed=False)
    assert session.scalars(select(Operator.recovery_codes)).one() == []
    assert isinstance(sign_in(session, "olga", PASSWORD, "127.0.0.1", NOW, RULES), OperatorFacts)


def test_switching_it_off_for_another_takes_keys_app_codes_and_challenges(
    session: Session, olga: OperatorFacts
) -> None:
    registered(session, olga)
    with_app(session)
    asked(session)
    switch_off_second_factor(session, fresh(session), Actor("root", Door.CLI), NOW)
    assert not fresh(session).has_second_factor
    for left in (OperatorPasskey, OperatorChallenge):
        assert session.scalars(select(func.count()).select_from(left)).one() == 0
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (entry.act, entry.actor, entry.before) == ("second factor switched off", "root", {"security keys": ["blue"]})


def test_a_key_is_registered_once_on_the_whole_platform(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga)
    second = create_operator(session, "Second", OperatorRole(Role.OWNER), ME, NOW)
    with pytest.raises(SecondFactorRefused, match="registered already"):
        registered(session, second, key)
    question = json.loads(ask_registration(session, fresh(session), SITE, NOW))
    assert len(question["excludeCredentials"]) == 1, "the browser refuses it before"


def test_keys_and_waiting_challenges_have_a_limit(session: Session, olga: OperatorFacts) -> None:
    for number in range(PASSKEYS_MAX):
        registered(session, fresh(session), name=f"key {number}")
    with pytest.raises(SecondFactorRefused, match="at most"):
        ask_registration(session, fresh(session), SITE, NOW)
    for second in range(CHALLENGES_MAX + 5):
        ask_proof(session, olga.id, SITE, NOW + timedelta(seconds=second))
    assert session.scalars(select(func.count()).select_from(OperatorChallenge)).one() == CHALLENGES_MAX


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
def test_a_key_without_a_proper_name_is_refused(session: Session, olga: OperatorFacts, name: str) -> None:
    with pytest.raises(SecondFactorRefused, match="1 to 60 characters"):
        registered(session, olga, name=name)

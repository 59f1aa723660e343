"""Signing in by a security key, refused when anything is wrong (console.md 11.2)."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW
from soft_key import SoftKey
from sqlalchemy import select

from billing.guard import GuardRules
from billing.rights import Role
from models import AuditEntry, Operator
from services.operators.challenges import CHALLENGE_SECONDS_MAX
from services.operators.enter_passkey import enter_passkey
from services.operators.entries import FAILURES_MAX, Entry, NotSignedIn
from services.operators.operator_facts import OperatorFacts
from services.operators.passkey_facts import passkeys_of
from services.operators.passkeys import (
    add_passkey,
    ask_registration,
)
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.operators.second_factor import (
    SecondFactorRefused,
)
from services.operators.sign_in import enter_second_factor, sign_in
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
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.fixture
def olga(session: Session) -> OperatorFacts:
    return an_owner(session)


def test_the_first_key_brings_recovery_codes_and_the_password_alone_is_not_enough_any_more(
    session: Session, olga: OperatorFacts
) -> None:
    assert isinstance(sign_in(session, "olga", PASSWORD, "127.0.0.1", NOW, RULES), OperatorFacts)
    key = SoftKey()
    question = ask_registration(session, olga, SITE, NOW)
    codes = add_passkey(session, olga, "  blue   key ", key.create(question), SITE, ME, NOW)
    assert len(set(codes)) == 10
    assert [one.name for one in passkeys_of(session, olga.id)] == ["blue key"]
    assert fresh(session).has_second_factor
    right, question = asked(session)
    signed = enter(session, right, key.get(question))
    assert isinstance(signed, OperatorFacts)
    assert acts(session)[-2:] == ["security key added", "signed in by a security key"]
    assert passkeys_of(session, olga.id)[0].used_at == NOW
    right, _ = asked(session)
    by_code = enter_second_factor(session, right, codes[0], KEYS, "127.0.0.1", NOW, RULES)
    assert isinstance(by_code, OperatorFacts), "who has lost the key comes in by a recovery code"


def test_an_answer_is_good_once(session: Session, olga: OperatorFacts) -> None:
    key = SoftKey()
    question = ask_registration(session, olga, SITE, NOW)
    answer = key.create(question)
    add_passkey(session, olga, "blue", answer, SITE, ME, NOW)
    with pytest.raises(SecondFactorRefused, match="sent twice"):
        add_passkey(session, olga, "again", answer, SITE, ME, NOW)
    right, question = asked(session)
    given_once = key.get(question)
    assert isinstance(enter(session, right, given_once), OperatorFacts)
    assert enter(session, right, given_once) is NotSignedIn.NOT_ACCEPTED


def test_an_answer_that_comes_late_counts_for_nothing(session: Session, olga: OperatorFacts) -> None:
    key, late = SoftKey(), NOW + timedelta(seconds=CHALLENGE_SECONDS_MAX)
    answer = key.create(ask_registration(session, olga, SITE, NOW))
    with pytest.raises(SecondFactorRefused, match="open for too long"):
        add_passkey(session, olga, "blue", answer, SITE, ME, late)
    registered(session, olga, key)
    right, question = asked(session)
    assert enter(session, right, key.get(question), late) is NotSignedIn.NOT_ACCEPTED


def test_a_challenge_is_for_one_operator_and_one_purpose(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga)
    other = create_operator(session, "Second", OperatorRole(Role.OWNER), ME, NOW)
    to_register = json.loads(ask_registration(session, fresh(session), SITE, NOW))
    right, question = asked(session)
    as_proof = json.dumps({**json.loads(question), "challenge": to_register["challenge"]})
    assert enter(session, right, key.get(as_proof)) is NotSignedIn.NOT_ACCEPTED
    of_other = SoftKey().create(ask_registration(session, other, SITE, NOW))
    with pytest.raises(SecondFactorRefused, match="open for too long"):
        add_passkey(session, fresh(session), "hers", of_other, SITE, ME, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://console.example.net"},
        {"origin": "http://localhost:8081"},
        {"origin": "https://localhost:8080"},
        {"host": "example.net"},
        {"type": "webauthn.create"},
    ],
    ids=str,
)
def test_a_key_that_answers_another_page_is_refused_and_counted(
    session: Session, olga: OperatorFacts, wrong: dict[str, str]
) -> None:
    """An imitation passes on what its victim's browser signs: the browser has written its address into it."""
    key = registered(session, olga)
    right, question = asked(session)
    assert enter(session, right, key.get(question, **wrong)) is NotSignedIn.NOT_ACCEPTED
    assert session.scalars(select(Operator.failures_in_row)).one() == 1
    assert acts(session)[-1] == "sign-in failed"
    if "type" not in wrong:
        answer = SoftKey().create(ask_registration(session, fresh(session), SITE, NOW), **wrong)
        with pytest.raises(SecondFactorRefused, match="not accepted"):
            add_passkey(session, fresh(session), "planted", answer, SITE, ME, NOW)


def test_a_key_that_nobody_pressed_is_refused(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga)
    right, question = asked(session)
    key.flags = 0
    assert enter(session, right, key.get(question)) is NotSignedIn.NOT_ACCEPTED


def test_the_key_of_another_operator_and_a_forged_one_are_refused(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga)
    second = create_operator(session, "Second", OperatorRole(Role.OWNER), ME, NOW)
    hers = registered(session, second, name="hers")
    right, question = asked(session)
    assert enter(session, right, hers.get(question)) is NotSignedIn.NOT_ACCEPTED
    right, question = asked(session)
    forged = replace(SoftKey(), credential_id=key.credential_id, count=900)
    assert enter(session, right, forged.get(question)) is NotSignedIn.NOT_ACCEPTED
    assert not [act for act in acts(session) if "counter" in act], "nobody can raise that alarm without the key"


def test_a_copied_key_is_told_by_its_counter_refused_and_audited(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga)
    for _ in range(3):
        right, question = asked(session)
        assert isinstance(enter(session, right, key.get(question)), OperatorFacts)
    clone = copy.copy(key)
    clone.count = 1
    right, question = asked(session)
    assert enter(session, right, clone.get(question)) is NotSignedIn.KEY_COPIED
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act.like("%counter went back"))).one()
    assert (entry.actor, entry.address, entry.before, entry.after) == (
        "Olga",
        "127.0.0.1",
        {"security key": "blue", "counter": 3},
        {"security key": "blue", "counter": 2},
    )
    assert session.scalars(select(Operator.failures_in_row)).one() == 1
    right, question = asked(session)
    assert isinstance(enter(session, right, key.get(question)), OperatorFacts)


def test_a_passkey_that_never_counts_lets_in_again_and_again(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga, SoftKey(counts=False))
    for _ in range(2):
        right, question = asked(session)
        assert isinstance(enter(session, right, key.get(question)), OperatorFacts)


def test_wrong_keys_lock_the_operator_as_wrong_codes_do(session: Session, olga: OperatorFacts) -> None:
    registered(session, olga)
    for attempt in range(FAILURES_MAX):
        right, question = asked(session)
        assert enter(session, right, SoftKey().get(question), address=f"192.0.2.{attempt}") is NotSignedIn.NOT_ACCEPTED
    assert sign_in(session, "olga", PASSWORD, "192.0.2.99", NOW, RULES) is NotSignedIn.NOT_ACCEPTED
    assert fresh(session).locked_until is not None


def test_the_guard_brakes_the_address_that_sends_wrong_keys(session: Session, olga: OperatorFacts) -> None:
    """Whoever guesses on many operators from one place waits as for codes."""
    key = registered(session, olga)
    few = GuardRules(caller_failures_max=2)
    right, question = asked(session)
    answers = [enter_passkey(session, right, "{}", SITE, Entry("192.0.2.7", NOW, few)) for _ in range(3)]
    assert answers[-1] is NotSignedIn.TRY_LATER
    braked = enter_passkey(session, right, key.get(question), SITE, Entry("192.0.2.7", NOW, few))
    assert braked is NotSignedIn.TRY_LATER


def test_whoever_changed_meanwhile_begins_anew(session: Session, olga: OperatorFacts) -> None:
    key = registered(session, olga)
    right, question = asked(session)
    set_password(session, "Olga", PASSWORD + "!", ME, NOW)
    assert enter(session, right, key.get(question)) is NotSignedIn.NOT_ACCEPTED

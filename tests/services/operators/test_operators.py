"""Operators: who may become one, that an owner stays, and how one signs in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, at_once, row
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.guard import GuardRules
from billing.rights import ALL_RIGHTS, ROLE_RIGHTS, Right, RightMissing, Role
from models import AuditEntry, Operator, OperatorSession, Reseller
from services.audit.audit import Actor, Door
from services.operators.operator_facts import OperatorFacts, find_operator
from services.operators.passwords import PasswordRefused
from services.operators.save_operator import (
    OperatorRefused,
    OperatorRole,
    change_role,
    create_operator,
    disable_operator,
    enable_operator,
    set_password,
)
from services.operators.sessions import (
    HOURS_MAX,
    IDLE_MINUTES_MAX,
    PROOF_MINUTES,
    end_session,
    end_sessions_of,
    find_session,
    note_proof,
    note_seen,
    open_session,
)
from services.operators.sign_in import FAILURES_MAX, LOCK_MINUTES, NotSignedIn, sign_in

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

ME = Actor("root", Door.CLI)
PASSWORD = "seven wet badgers"
WRONG = "seven dry badgers"
OWNER = OperatorRole(Role.OWNER)


@pytest.fixture
def owner(session: Session) -> OperatorFacts:
    create_operator(session, "Olga", OWNER, ME, NOW)
    return set_password(session, "Olga", PASSWORD, ME, NOW)


def enter(
    session: Session, password: str, *, name: str = "olga", address: str = "127.0.0.1", now: datetime = NOW
) -> object:
    return sign_in(session, name, password, address, now, GuardRules())


def test_no_role_but_owner_and_operator_sees_a_pin() -> None:
    """reliability.md 18: PIN export needs its own permission."""
    assert {role for role, rights in ROLE_RIGHTS.items() if Right.SEE_PINS in rights} == {Role.OWNER, Role.OPERATOR}
    assert ROLE_RIGHTS[Role.OWNER] == ALL_RIGHTS
    assert not [right for right in ROLE_RIGHTS[Role.AUDITOR] if not right.startswith("see_")]
    assert "owner, operator" in str(RightMissing(Right.SEE_PINS))


def test_a_name_belongs_to_one_operator_whatever_its_case(session: Session, owner: OperatorFacts) -> None:
    assert owner.name == "Olga"
    with pytest.raises(OperatorRefused, match="already"):
        create_operator(session, " oLGA ", OWNER, ME, NOW)
    assert find_operator(session, "OLGA") == owner


@pytest.mark.usefixtures("owner")
def test_the_last_owner_stays(session: Session) -> None:
    for act in (
        lambda: disable_operator(session, "Olga", ME, NOW),
        lambda: change_role(session, "Olga", OperatorRole(Role.AUDITOR), ME, NOW),
    ):
        with pytest.raises(OperatorRefused, match="last owner"):
            act()
    create_operator(session, "Second", OWNER, ME, NOW)
    assert not disable_operator(session, "Olga", ME, NOW).is_enabled
    with pytest.raises(OperatorRefused, match="last owner"):
        disable_operator(session, "Second", ME, NOW)


def test_of_two_owners_who_disable_each_other_one_stays(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        for name in ("A", "B"):
            create_operator(session, name, OWNER, ME, NOW)

    def disable(session: Session, name: str) -> bool:
        try:
            return not disable_operator(session, name, ME, NOW).is_enabled
        except OperatorRefused:
            return False

    disabled = at_once(engine, [lambda session: disable(session, "A"), lambda session: disable(session, "B")])
    assert sorted(disabled) == [False, True]


def test_a_resellers_operator_needs_its_reseller(session: Session) -> None:
    reseller_id = row(session, Reseller, name="Reseller 1")
    made = create_operator(session, "R", OperatorRole(Role.RESELLER, "Reseller 1"), ME, NOW)
    assert made.reseller_id == reseller_id
    for role in (OperatorRole(Role.RESELLER), OperatorRole(Role.RESELLER, "Nobody"), OperatorRole(Role.FINANCE, "R1")):
        with pytest.raises(OperatorRefused):
            create_operator(session, "X", role, ME, NOW)
    assert change_role(session, "R", OperatorRole(Role.SUPPORT), ME, NOW).reseller_id is None


@pytest.mark.parametrize("password", ["short", "a" * 12, "i am olga 12345", "x" * 201])
def test_a_weak_password_is_refused_with_what_to_change(session: Session, owner: OperatorFacts, password: str) -> None:
    with pytest.raises(PasswordRefused, match="choose"):
        set_password(session, owner.name, password, ME, NOW)


def test_right_name_and_password_sign_in_and_are_noted(session: Session, owner: OperatorFacts) -> None:
    entered = enter(session, PASSWORD)
    assert isinstance(entered, OperatorFacts)
    assert entered.id == owner.id
    acts = session.execute(select(AuditEntry.actor, AuditEntry.act).order_by(AuditEntry.number)).all()
    assert acts[-1] == ("Olga", "signed in")


@pytest.mark.usefixtures("owner")
def test_an_unknown_name_a_wrong_password_and_a_disabled_operator_get_one_answer(session: Session) -> None:
    create_operator(session, "Second", OWNER, ME, NOW)
    create_operator(session, "Without", OperatorRole(Role.AUDITOR), ME, NOW)
    answers = [enter(session, WRONG), enter(session, PASSWORD, name="nobody"), enter(session, "", name="without")]
    disable_operator(session, "Olga", ME, NOW)
    assert {*answers, enter(session, PASSWORD)} == {NotSignedIn.NOT_ACCEPTED}


@pytest.mark.usefixtures("owner")
def test_five_wrong_passwords_lock_the_operator_wherever_they_come_from(session: Session) -> None:
    for place in range(FAILURES_MAX):
        assert enter(session, WRONG, address=f"10.0.0.{place}") is NotSignedIn.NOT_ACCEPTED
    assert enter(session, PASSWORD, address="10.0.1.1") is NotSignedIn.NOT_ACCEPTED
    later = NOW + timedelta(minutes=LOCK_MINUTES + 1)
    assert isinstance(enter(session, PASSWORD, address="10.0.1.1", now=later), OperatorFacts)


@pytest.mark.usefixtures("owner")
def test_an_owner_frees_who_is_locked(session: Session) -> None:
    for place in range(FAILURES_MAX):
        enter(session, WRONG, address=f"10.0.0.{place}")
    enable_operator(session, "Olga", ME, NOW)
    assert isinstance(enter(session, PASSWORD, address="10.0.1.1"), OperatorFacts)


@pytest.mark.usefixtures("owner")
def test_an_address_that_tries_too_often_waits_whatever_name_it_gives(session: Session) -> None:
    answers = [enter(session, WRONG, name=f"name {place}") for place in range(8)]
    assert answers[:4] == [NotSignedIn.NOT_ACCEPTED] * 4
    assert answers[-1] is NotSignedIn.TRY_LATER
    assert enter(session, PASSWORD) is NotSignedIn.TRY_LATER
    assert isinstance(enter(session, PASSWORD, address="10.9.9.9"), OperatorFacts)


def test_a_session_is_known_by_its_token_only(session: Session, owner: OperatorFacts) -> None:
    token = open_session(session, owner.id, NOW, address="127.0.0.1", browser="B" * 500)
    found = find_session(session, token, NOW)
    assert found is not None
    assert found.operator == owner
    assert find_session(session, token[:-1] + "x", NOW) is None
    assert token.encode() not in session.scalars(select(OperatorSession.token_digest)).one()


def test_a_session_ends_when_idle_too_old_signed_out_or_disabled(session: Session, owner: OperatorFacts) -> None:
    create_operator(session, "Second", OWNER, ME, NOW)

    def is_known(token: str, now: datetime = NOW) -> bool:
        return find_session(session, token, now) is not None

    idle = NOW + timedelta(minutes=IDLE_MINUTES_MAX)
    first = open_session(session, owner.id, NOW)
    assert not is_known(first, idle)
    note_seen(session, first, idle - timedelta(minutes=1))
    assert is_known(first, idle)
    note_seen(session, first, NOW + timedelta(hours=HOURS_MAX))
    assert not is_known(first, NOW + timedelta(hours=HOURS_MAX))
    second = open_session(session, owner.id, NOW)
    end_session(session, second, NOW)
    assert not is_known(second)
    third = open_session(session, owner.id, NOW)
    disable_operator(session, "Olga", ME, NOW)
    enable_operator(session, "Olga", ME, NOW)
    assert not is_known(third)


def test_a_new_password_ends_every_session(session: Session, owner: OperatorFacts) -> None:
    tokens = [open_session(session, owner.id, NOW) for _ in range(3)]
    set_password(session, "Olga", PASSWORD + "!", ME, NOW)
    assert [find_session(session, token, NOW) for token in tokens] == [None] * 3
    assert end_sessions_of(session, owner.id, NOW) == 0


def test_a_secret_asks_for_the_password_again_after_some_minutes(session: Session, owner: OperatorFacts) -> None:
    token = open_session(session, owner.id, NOW)
    later = NOW + timedelta(minutes=PROOF_MINUTES)
    signed = find_session(session, token, later)
    assert signed is not None
    assert not signed.is_fresh(later)
    note_proof(session, token, later)
    signed = find_session(session, token, later)
    assert signed is not None
    assert signed.is_fresh(later)


def test_the_database_refuses_a_reseller_without_its_cards(session: Session) -> None:
    with pytest.raises(Exception, match="reseller_has_its_own"):
        row(session, Operator, name="X", name_key="x", role=Role.RESELLER, created_at=NOW)

"""A drawn password: told once, good for some days, replaced by the operator's own; and who may draw one for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW
from sqlalchemy import select

from billing.guard import GuardRules
from billing.rights import Role
from models import AuditEntry, Distributor, Operator, Reseller
from services.audit.audit import Actor, Door
from services.operators.drawn_password import DAYS_MAX, LENGTH, choose_password, draw_password
from services.operators.operator_facts import OperatorFacts
from services.operators.operator_fields import role_of
from services.operators.passwords import PasswordRefused
from services.operators.save_operator import (
    OperatorRefused,
    OperatorRole,
    change_role,
    create_operator,
    get_operator,
    set_password,
    unlock_operator,
)
from services.operators.sessions import find_session, open_session
from services.operators.sign_in import FAILURES_MAX, NotSignedIn, sign_in
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ME = Actor("Olga", Door.CONSOLE)
OWN = "seven wet badgers"


@pytest.fixture
def sam(session: Session) -> OperatorFacts:
    create_operator(session, "Olga", OperatorRole(Role.OWNER), ME, NOW)
    return create_operator(session, "Sam", OperatorRole(Role.SUPPORT), ME, NOW)


def enter(session: Session, password: str, *, days: int = 0, place: int = 1) -> object:
    return sign_in(session, "sam", password, f"10.0.0.{place}", NOW + timedelta(days=days), GuardRules())


def test_a_drawn_password_lets_in_for_some_days_and_stands_nowhere_in_clear(
    session: Session, sam: OperatorFacts
) -> None:
    drawn = draw_password(session, sam.name, ME, NOW)
    assert len(drawn) == LENGTH
    entered = enter(session, drawn, days=DAYS_MAX - 1)
    assert isinstance(entered, OperatorFacts)
    assert entered.has_drawn_password
    assert enter(session, drawn, days=DAYS_MAX, place=2) is NotSignedIn.NOT_ACCEPTED
    hashed = session.scalars(select(Operator.password_hash).where(Operator.id == sam.id)).one()
    assert drawn not in (hashed or "")
    noted = session.execute(select(AuditEntry.act, AuditEntry.before, AuditEntry.after)).all()
    assert "password drawn" in [act for act, _, _ in noted]
    assert drawn not in str(noted)


def test_a_draw_ends_what_was_before_and_forgives_wrong_passwords(session: Session, sam: OperatorFacts) -> None:
    set_password(session, sam.name, OWN, ME, NOW)
    token = open_session(session, sam.id, NOW)
    for place in range(FAILURES_MAX):
        enter(session, "seven dry badgers", place=place)
    drawn = draw_password(session, sam.name, ME, NOW)
    assert find_session(session, token, NOW) is None
    assert enter(session, OWN, place=20) is NotSignedIn.NOT_ACCEPTED
    assert isinstance(enter(session, drawn, place=21), OperatorFacts)


def test_the_operators_own_takes_its_place_and_keeps_this_session_only(session: Session, sam: OperatorFacts) -> None:
    drawn = draw_password(session, sam.name, ME, NOW)
    here, elsewhere = open_session(session, sam.id, NOW), open_session(session, sam.id, NOW)
    himself = Actor("Sam", Door.CONSOLE)
    with pytest.raises(PasswordRefused, match="of before"):
        choose_password(session, sam, drawn, here, himself, NOW)
    with pytest.raises(PasswordRefused, match="choose 12"):
        choose_password(session, sam, "short", here, himself, NOW)
    choose_password(session, sam, OWN, here, himself, NOW)
    assert find_session(session, elsewhere, NOW) is None
    found = find_session(session, here, NOW)
    assert found is not None
    assert not found.operator.has_drawn_password
    assert isinstance(enter(session, OWN, days=DAYS_MAX + 1), OperatorFacts)
    assert enter(session, drawn, place=2) is NotSignedIn.NOT_ACCEPTED


@pytest.mark.usefixtures("sam")
def test_nobody_draws_a_password_for_itself(session: Session) -> None:
    with pytest.raises(OperatorRefused, match="your own account"):
        draw_password(session, "olga", ME, NOW)
    assert draw_password(session, "olga", Actor("olga", Door.CLI), NOW)


def test_a_name_of_one_letter_is_in_no_drawn_password(session: Session) -> None:
    create_operator(session, "7", OperatorRole(Role.SUPPORT), ME, NOW)
    assert {"7" in draw_password(session, "7", ME, NOW) for _ in range(3)} == {False}


def test_wrong_passwords_are_forgiven_to_who_is_locked_only(session: Session, sam: OperatorFacts) -> None:
    set_password(session, sam.name, OWN, ME, NOW)
    with pytest.raises(OperatorRefused, match="not locked"):
        unlock_operator(session, sam.name, ME, NOW)
    for place in range(FAILURES_MAX):
        enter(session, "seven dry badgers", place=place)
    assert get_operator(session, sam.name).locked_until is not None
    unlock_operator(session, sam.name, ME, NOW)
    assert isinstance(enter(session, OWN, place=20), OperatorFacts)


def test_of_two_owners_who_change_a_role_the_second_is_told(session: Session, sam: OperatorFacts) -> None:
    """JC-59."""
    change_role(session, sam.name, OperatorRole(Role.FINANCE), ME, NOW, version=sam.version)
    with pytest.raises(ChangedMeanwhile):
        change_role(session, sam.name, OperatorRole(Role.OWNER), ME, NOW, version=sam.version)
    assert get_operator(session, sam.name).role is Role.FINANCE


def test_a_form_names_whose_cards_only_where_the_role_asks_for_it(session: Session) -> None:
    reseller, kiosk = Reseller(name="Reseller 1"), Distributor(name="Kiosk")
    session.add_all([reseller, kiosk])
    session.flush()
    asked = {"role": "reseller", "reseller_id": reseller.id, "distributor_id": None}
    assert role_of(session, asked) == OperatorRole(Role.RESELLER, "Reseller 1")
    for wrong, field in (
        ({**asked, "reseller_id": None}, "reseller_id"),
        ({**asked, "distributor_id": kiosk.id}, "distributor_id"),
        ({**asked, "role": "owner"}, "reseller_id"),
        ({**asked, "role": "king"}, "role"),
    ):
        with pytest.raises(FieldsRefused) as refused:
            role_of(session, wrong)
        assert list(refused.value.problems) == [field]
    with pytest.raises(OperatorRefused, match="not there any more"):
        role_of(session, {**asked, "reseller_id": 999})

"""Who may take PINs and codes out: each role at each service that reads them, with the refusal in the audit log."""

from collections.abc import Callable

import pytest
from factories import KEYS, NOW, a_world, row
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.rights import ROLE_RIGHTS, Right, Role
from models import AuditEntry, CardSeries, Reseller, VoucherBatch
from services.audit.audit import Actor, Door
from services.keys.permit import Permit, PermitRefused
from services.series.export_series import permit_export, series_to_export
from services.series.import_cards import ImportTerms, permit_import
from services.series.import_systems import CardSystem
from services.series.print_cards import PrintOrder, permit_print, plan_print
from services.store.sheet_writer import SheetForm
from services.vouchers.export_vouchers import permit_voucher_export

Ask = Callable[[Session, Actor], object]
MAY_EXPORT = {Role.OWNER, Role.OPERATOR}


def export(session: Session, actor: Actor) -> object:
    return permit_export(session, series_to_export(session, 1), SheetForm.CSV, actor, KEYS, NOW)


def print_(session: Session, actor: Actor) -> object:
    return permit_print(session, plan_print(session, PrintOrder(1)), actor, KEYS, NOW)


def export_vouchers(session: Session, actor: Actor) -> object:
    return permit_voucher_export(session, VoucherBatch(id=7, name="May", quantity=3), SheetForm.XLSX, actor, KEYS, NOW)


def import_(session: Session, actor: Actor) -> object:
    return permit_import(session, actor, KEYS, ImportTerms(CardSystem.MOR, 1, 1), NOW, cards=3, dry_run=True)


SERVICES: dict[str, Ask] = {
    "series.exported": export,
    "series.printed": print_,
    "voucher_batch.exported": export_vouchers,
    "series.import_asked": import_,
}


def an_actor(role: Role, *, own: int | None = None) -> Actor:
    """Of a reseller or distributor when the role is one's; `own` is which."""
    return Actor(
        f"a {role}",
        Door.CONSOLE,
        rights=ROLE_RIGHTS[role],
        reseller_id=own or 99 if role is Role.RESELLER else None,
        distributor_id=own or 99 if role is Role.DISTRIBUTOR else None,
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", SERVICES)
def test_only_owner_and_operator_take_pins_of_any_card(session: Session, act: str, role: Role) -> None:
    a_world(session)
    answer = SERVICES[act](session, an_actor(role))
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    if role in MAY_EXPORT:
        assert answer == Permit(KEYS)
        assert (entry.act, entry.actor, entry.reason) == (act, f"a {role}", None)
    else:
        assert isinstance(answer, PermitRefused)
        assert (entry.act, entry.actor, entry.reason) == (f"{act}.refused", f"a {role}", answer.sentence)


def test_a_refusal_names_the_right_and_who_has_it(session: Session) -> None:
    a_world(session)
    answer = export(session, an_actor(Role.SUPPORT))
    assert answer == PermitRefused(
        "This needs the right to export pins, which these roles have: owner, operator, reseller."
    )


def test_a_reseller_takes_the_pins_of_its_own_series_only(session: Session) -> None:
    """JC-12: whoever owns a series prints its cards."""
    a_world(session)
    mine, other = (row(session, Reseller, name=name) for name in ("Mine", "Other"))
    session.execute(update(CardSeries).values(reseller_id=mine))
    for service in (export, print_):
        assert service(session, an_actor(Role.RESELLER, own=mine)) == Permit(KEYS)
        refused = service(session, an_actor(Role.RESELLER, own=other))
        assert isinstance(refused, PermitRefused)
        assert "own series" in refused.sentence


def test_an_actor_has_no_right_unless_its_door_gives_it(session: Session) -> None:
    a_world(session)
    assert isinstance(export(session, Actor("somebody", Door.API)), PermitRefused)
    assert Right.EXPORT_PINS not in Actor("somebody", Door.API).rights

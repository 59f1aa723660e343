"""Who may see and do what: every route of the console, asked for by every role and by a visitor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from admin_web.lists.list_view import ConsoleList
from admin_web.page import GuardedPage
from billing.rights import ROLE_RIGHTS, SCOPED_ROLES, Right, Role
from tests.admin_web.conftest import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from factories import World
    from flask import Flask

OPEN = {
    "sign_in.form",
    "sign_in.enter",
    "sign_in.leave",
    "sign_in.code",
    "sign_in.enter_code",
    "sign_in.ask_key",
    "static",
}
WHOEVER_IS_IN = {
    "sign_in.proof",
    "sign_in.prove",
    "searches.index",
    "searches.save",
    "searches.forget",
    "me.index",
    "me.save",
    "me.factor",
    "me.password",
    "mykeys.index",
    "mykeys.new",
    "mykeys.one",
}
VALUES = {
    "number": "1",
    "table_id": "1",
    "group_id": "1",
    "job_id": "1",
    "run": "fees",
    "profile_id": "1",
    "batch_id": "1",
    "reseller_id": "1",
    "distributor_id": "1",
    "phone": "37060000001",
    "client_id": "1",
    "account_id": "1",
    "gateway_id": "1",
    "operator_id": "1",
    "key_id": "1",
    "rate_id": "1",
    "plan_id": "1",
    "import_id": "1",
    "kind": "liability",
    "form": "csv",
    "call_id": "nothing",
    "export_type": "csv",
    "filename": "x",
}
VALUES |= {"topic": "series", "language": "en", "prompt_id": "welcome"}
CARD_VALUES = {**VALUES, "number": "1-000000001"}
BEYOND_A_PAGE = {  # acts that ask for more than their page does
    "accountaudit.of_account": Right.SEE_ACCOUNTS,
    "accountcalls.of_account": Right.SEE_ACCOUNTS,
    "accountledger.of_account": Right.SEE_ACCOUNTS,
    "accountpage.delete": Right.DELETE,
    "accountpage.edit": Right.MANAGE_ACCOUNTS,
    "accountpage.new": Right.MANAGE_ACCOUNTS,
    "carriers.test": Right.MANAGE_ROUTES,
    "clientpage.edit": Right.MANAGE_ACCOUNTS,
    "clientpage.new": Right.MANAGE_ACCOUNTS,
    "gateways.edit": Right.MANAGE_ACCOUNTS,
    "gateways.new": Right.MANAGE_ACCOUNTS,
    "grouppage.new": Right.MAKE_CARDS,
    "grouppage.edit": Right.MAKE_CARDS,
    "accessnumber.edit": Right.MANAGE_IVR,
    "accessnumber.new": Right.MANAGE_IVR,
    "rateimport.new": Right.MANAGE_RATES,
    "ivrplan.edit": Right.MANAGE_IVR,
    "ivrplan.new": Right.MANAGE_IVR,
    "routingplan.edit": Right.MANAGE_ROUTES,
    "routingplan.new": Right.MANAGE_ROUTES,
    "ratetable.edit": Right.MANAGE_RATES,
    "ratetable.new": Right.MANAGE_RATES,
    "seriespage.edit": Right.MAKE_CARDS,
    "seriespage.generate": Right.MAKE_CARDS,
    "seriesfiles.files": Right.EXPORT_PINS,
    "vouchers.new": Right.MAKE_CARDS,
    "resellerpage.new": Right.MAKE_CARDS,
    "taxes.new": Right.MANAGE_RATES,
    "taxes.edit": Right.MANAGE_RATES,
}


def guarded(app: Flask) -> dict[str, GuardedPage]:
    """The view of each endpoint's blueprint."""
    admin = app.extensions["admin"][0]
    return {view.endpoint: view for view in admin._views if isinstance(view, GuardedPage)}


def addresses(app: Flask, method: str) -> list[tuple[str, str]]:
    """Endpoint and address of every route that answers the method; a page's way back to its list is the list's own."""
    found: dict[str, tuple[str, str]] = {}
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or set()):
            address = filled(rule.rule, CARD_VALUES if "card" in rule.endpoint else VALUES)
            found.setdefault(rule.rule, (rule.endpoint, address))
    return list(found.values())


def filled(rule: str, values: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: values[part[1]], rule)


def test_every_view_is_guarded_and_none_is_flask_admins_own(app: Flask) -> None:
    """F38: console.md 2.3."""
    own = {"me", "mykeys", "searches"}  # open to whoever is signed in
    for view in app.extensions["admin"][0]._views:
        assert isinstance(view, GuardedPage) or view.endpoint in own, view
        assert not [base for base in type(view).__mro__ if base.__module__.startswith("flask_admin.contrib")], view


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_the_pages_of_its_rights_and_no_other(
    app: Flask, world: World, signed_in: Callable[..., Visitor], role: Role
) -> None:
    """F38."""
    del world
    visitor, pages = signed_in(role), guarded(app)
    asked = 0
    for endpoint, address in addresses(app, "GET"):
        if endpoint in OPEN | WHOEVER_IS_IN or endpoint.endswith(".static"):
            continue
        view = pages[endpoint.split(".")[0]]
        needed = {view.right, BEYOND_A_PAGE.get(endpoint, view.right)}
        with visitor.get(address) as page:
            is_scoped = role in SCOPED_ROLES and view.is_of_all
            if needed <= ROLE_RIGHTS[role] and not is_scoped:
                assert page.status_code != 403, (role, address)
                assert page.status_code < 500, (role, address)
            else:
                assert page.status_code == 403, (role, address, page.status_code)
                assert "This needs the right to" in page.text or is_scoped
        asked += 1
    assert asked > 20


def test_a_visitor_sees_nothing_but_the_door(app: Flask, world: World) -> None:
    """F38."""
    del world
    visitor = Visitor(app.test_client())
    for method, ask in (("GET", visitor.client.get), ("POST", visitor.client.post)):
        for endpoint, address in addresses(app, method):
            if endpoint in OPEN or endpoint.endswith(".static"):
                continue
            with ask(address) as page:
                assert page.status_code in (302, 401, 403, 404), (method, address, page.status_code)
                if page.status_code == 302:
                    assert page.location.startswith("/sign-in"), address


@pytest.mark.parametrize(
    ("role", "address", "fields"),
    [
        (Role.AUDITOR, "/cards/1-000000001/state", {"act": "block", "reason": "x"}),
        (Role.AUDITOR, "/cards/1-000000001/adjust", {"amount": "1", "reason": "x", "token": "form-token-1"}),
        (Role.SUPPORT, "/cards/1-000000001/adjust", {"amount": "1", "reason": "x", "token": "form-token-1"}),
        (Role.SUPPORT, "/cards/1-000000001/recharge", {"amount": "1", "token": "form-token-1"}),
        (Role.FINANCE, "/cards/1-000000001/state", {"act": "block", "reason": "x"}),
        (Role.SUPPORT, "/series/1/state", {"act": "delete"}),
        (Role.AUDITOR, "/series/1/state", {"act": "stop"}),
        (Role.FINANCE, "/simulator/call", {"access_number": "15550001"}),
        (Role.AUDITOR, "/simulator/press", {"keys": "1"}),
    ],
)
def test_an_act_asks_for_its_own_right(
    world: World, signed_in: Callable[..., Visitor], role: Role, address: str, fields: dict[str, str]
) -> None:
    """F38: The form is not shown to them; sent all the same, it is refused."""
    refused = signed_in(role).post("/cards/1-000000001", address, **fields)
    assert refused.status_code == 403
    assert "This needs the right to" in refused.text
    assert world.wallet()[0] == 5_000_000


def test_no_list_edits_in_place_exports_or_deletes(app: Flask) -> None:
    """Traps B10, C1 to C5, C8."""
    lists = [view for view in app.extensions["admin"][0]._views if isinstance(view, ConsoleList)]
    assert len(lists) > 10
    for view in lists:
        assert (view.can_create, view.can_edit, view.can_delete, view.can_export) == (False,) * 4
        assert not view.column_editable_list
        assert view.column_list

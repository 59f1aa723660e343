from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from factories import LITHUANIA, NOW, World, a_world, answered, micros
from sqlalchemy import select

from billing.rating import Tax
from billing.taxes import NO_TAXES, CallTaxes
from models import AuditEntry, Client
from services.audit.audit import Actor, Door
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile
from services.taxes.save_tax_profile import SavedProfile, create_tax_profile, update_tax_profile
from services.taxes.tax_profiles import taxes_of_client, taxes_of_profile
from services.taxes.tax_report import find_tax_profile

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OPERATOR = Actor("ann", Door.CONSOLE)
VAT = {"name": "VAT", "parts_per_million": 200_000}
CITY = {"name": "City", "parts_per_million": 50_000, "is_compound": True}


def made(session: Session, *taxes: dict[str, Any], **values: Any) -> SavedProfile:  # noqa: ANN401
    return create_tax_profile(session, {"name": "Taxes", "taxes": list(taxes), **values}, OPERATOR, NOW)


def test_a_profile_has_several_taxes_in_order(session: Session) -> None:
    """JC-34."""
    profile = made(session, VAT, CITY)
    assert taxes_of_profile(session, profile.id) == CallTaxes((Tax("VAT", 200_000), Tax("City", 50_000, True)))  # noqa: FBT003
    update_tax_profile(session, profile.id, 1, {"taxes": [{**CITY, "is_compound": False}, VAT]}, OPERATOR, NOW)
    assert [tax.name for tax in taxes_of_profile(session, profile.id).taxes] == ["City", "VAT"]
    acts = session.scalars(select(AuditEntry.after).order_by(AuditEntry.number))
    assert [[tax["name"] for tax in after["taxes"]] for after in acts] == [["VAT", "City"], ["City", "VAT"]]


def test_what_is_not_given_stays(session: Session) -> None:
    profile = made(session, VAT)
    assert update_tax_profile(session, profile.id, 1, {"is_inclusive": True}, OPERATOR, NOW) == SavedProfile(
        profile.id, 2
    )
    assert update_tax_profile(session, profile.id, 2, {"taxes": [VAT]}, OPERATOR, NOW) == SavedProfile(profile.id, 2)
    found = find_tax_profile(session, "Taxes")
    assert found is not None
    assert (found["is_inclusive"], found["taxes"]) == (True, [{**VAT, "is_compound": False}])
    with pytest.raises(ChangedMeanwhile):
        update_tax_profile(session, profile.id, 1, {"is_inclusive": False}, OPERATOR, NOW)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"taxes": []}, "needs a tax"),
        ({"taxes": [VAT, VAT]}, "Two taxes have one name"),
        ({"taxes": [CITY]}, "City is the first tax, so there is none for it to be on"),
        ({"taxes": [{**VAT, "name": f"Tax {n}"} for n in range(6)]}, "There are 6 taxes: give at most 5"),
        ({"taxes": [{**VAT, "name": "x" * 41}]}, "41 characters: give 1 to 40"),
        ({"taxes": [{**VAT, "parts_per_million": 1_000_001}]}, "from 1 to 1000000"),
        ({"taxes": [{"name": "VAT"}]}, "Tax 1 needs its parts per million"),
        ({"name": " ", "taxes": [VAT]}, "0 characters"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(session: Session, values: dict[str, Any], told: str) -> None:
    with pytest.raises(FieldsRefused, match=told):
        create_tax_profile(session, {"name": "Taxes", **values}, OPERATOR, NOW)


def test_a_name_is_taken_once(session: Session) -> None:
    made(session, VAT)
    with pytest.raises(FieldsRefused, match="is a tax profile Taxes already"):
        made(session, VAT)


def test_a_price_that_contains_its_tax_is_booked_apart(world: World) -> None:
    """features.md 3.1, 3.3: the tariff's 0.10 and 0.07; the caller pays them, the ledger tells what is ours."""
    profile = made(world.session, VAT, CITY, is_inclusive=True)
    world.set_series(tax_profile_id=profile.id)
    quote = world.good_quote(LITHUANIA)
    assert (quote.limit_seconds, quote.amount_micros) == (4_200, micros("5.00"))
    world.authorise("c1", quote)
    settled = world.settle(answered("c1", 60))
    assert settled.cost_micros == 170_000
    lines = {(kind, reference): amount for kind, reference, amount in world.ledger() if reference.startswith("c1")}
    # 0.17 / 1.26 = 134,920.6: 134,920 with taxes of 26,984 and 8,096, each rounded up, are 0.17 again
    assert lines == {
        ("connect_fee", "c1"): 79_364,
        ("call", "c1"): 55_556,
        ("tax", "c1:VAT"): 26_984,
        ("tax", "c1:City"): 8_096,
    }
    assert world.wallet() == (micros("4.83"), 0, 0)
    assert world.is_proved()


def test_a_compound_tax_on_top_shortens_the_call(session: Session) -> None:
    world = a_world(session)
    world.set_series(tax_profile_id=made(session, VAT, CITY).id)
    quote = world.good_quote(LITHUANIA)
    assert [tax.is_compound for tax in quote.price.taxes] == [False, True]
    world.authorise("c1", quote)
    # 0.17, VAT 0.034, City 5 % of 0.204
    assert world.settle(answered("c1", 60)).cost_micros == 170_000 + 34_000 + 10_200
    assert world.is_proved()


def test_taxes_that_change_in_mid_call_leave_that_call_alone(world: World) -> None:
    profile = made(world.session, VAT)
    world.set_series(tax_profile_id=profile.id)
    world.authorise("c1", world.good_quote(LITHUANIA))
    update_tax_profile(world.session, profile.id, None, {"taxes": [CITY | {"is_compound": False}]}, OPERATOR, NOW)
    assert world.settle(answered("c1", 60)).cost_micros == 204_000


def test_the_taxes_of_a_client_are_found(world: World) -> None:
    client_id = world.session.scalars(select(Client.id).limit(1)).one()
    assert taxes_of_client(world.session, client_id) == NO_TAXES
    world.set(Client, client_id, tax_profile_id=made(world.session, VAT, is_inclusive=True).id)
    assert taxes_of_client(world.session, client_id) == CallTaxes((Tax("VAT", 200_000),), are_included=True)

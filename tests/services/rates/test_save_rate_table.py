from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW, World, a_rate_table, row
from sqlalchemy import select

from models import AuditEntry, Client, RateTable
from services.audit.audit import Actor, Door
from services.rates.rate_report import find_table_report, rate_tables
from services.rates.save_rate_table import SavedTable, create_rate_table, delete_rate_table, update_rate_table
from services.rates.table_users import rate_table_problem
from services.routing.deck_revision import deck_revision
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OPERATOR = Actor("ann", Door.CONSOLE)


def made(session: Session, name: str = "Retail", **values: Any) -> SavedTable:  # noqa: ANN401
    return create_rate_table(session, {"name": name, "currency": "USD", **values}, OPERATOR, NOW)


def test_a_table_is_made_changed_and_audited(session: Session) -> None:
    table = made(session)
    changed = update_rate_table(session, table.id, 1, {"currency": "EUR", "notes": "2027"}, OPERATOR, NOW)
    assert changed == SavedTable(table.id, 2)
    assert find_table_report(session, "Retail") == {
        "id": table.id,
        "name": "Retail",
        "currency": "EUR",
        "notes": "2027",
        "is_deleted": False,
        "version": 2,
        "rates": 0,
        "users": [],
    }
    acts = session.execute(select(AuditEntry.act, AuditEntry.before, AuditEntry.after).order_by(AuditEntry.number))
    assert [tuple(act) for act in acts] == [
        ("rate_table.created", None, {"name": "Retail", "currency": "USD"}),
        ("rate_table.changed", {"currency": "USD", "notes": None}, {"currency": "EUR", "notes": "2027"}),
    ]


def test_every_change_of_a_table_is_told_to_the_decks(session: Session) -> None:
    table = made(session)
    revisions = [deck_revision(session)]
    update_rate_table(session, table.id, None, {"currency": "EUR"}, OPERATOR, NOW)
    revisions.append(deck_revision(session))
    delete_rate_table(session, table.id, None, OPERATOR, NOW)
    revisions.append(deck_revision(session))
    assert revisions == sorted(set(revisions))
    assert session.scalars(select(RateTable.revision).where(RateTable.id == table.id)).one() == revisions[-1]


def test_two_operators_cannot_overwrite_each_other(session: Session) -> None:
    table = made(session)
    update_rate_table(session, table.id, 1, {"notes": "mine"}, OPERATOR, NOW)
    with pytest.raises(ChangedMeanwhile, match="meanwhile"):
        update_rate_table(session, table.id, 1, {"notes": "yours"}, OPERATOR, NOW)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": "", "currency": "USD"}, "The name has 0 characters"),
        ({"name": "X"}, "The currency is needed."),
        ({"name": "X", "currency": "USX"}, "'USX' is not known: give its ISO code in capitals"),
        ({"name": "X", "currency": "usd"}, "ISO code in capitals"),
        ({"name": "X", "currency": "USD", "colour": "red"}, "There is no field colour."),
    ],
)
def test_a_table_that_cannot_be_is_refused(session: Session, values: dict[str, Any], told: str) -> None:
    with pytest.raises(FieldsRefused, match=told):
        create_rate_table(session, values, OPERATOR, NOW)


def test_a_name_stands_for_one_table_even_after_its_deletion(session: Session) -> None:
    delete_rate_table(session, made(session).id, None, OPERATOR, NOW)
    with pytest.raises(FieldsRefused, match="is, or was, a rate table Retail already"):
        made(session)


def test_a_table_in_use_is_not_deleted_and_keeps_its_currency(world: World) -> None:
    """The sentence names who uses it."""
    session = world.session
    with pytest.raises(FieldsRefused, match="Sell is used by series 1: give them another table first"):
        delete_rate_table(session, world.rate_table_id, None, OPERATOR, NOW)
    with pytest.raises(FieldsRefused, match="used by series 1, who calculate in USD: make another table for EUR"):
        update_rate_table(session, world.rate_table_id, None, {"currency": "EUR"}, OPERATOR, NOW)
    buy = session.scalars(select(RateTable.id).where(RateTable.name == "test.cheap")).one()
    with pytest.raises(FieldsRefused, match=r"used by the account Client of test\.cheap/Termination"):
        delete_rate_table(session, buy, None, OPERATOR, NOW)


def test_a_clients_own_table_is_in_use_until_the_client_is_deleted(world: World) -> None:
    session = world.session
    table_id = a_rate_table(session, "Wholesale", [])
    client_id = session.scalars(select(Client.id).limit(1)).one()
    world.set(Client, client_id, originator_rate_table_id=table_id)
    with pytest.raises(FieldsRefused, match="used by the client Client of"):
        delete_rate_table(session, table_id, None, OPERATOR, NOW)
    world.set(Client, client_id, deleted_at=NOW)
    delete_rate_table(session, table_id, None, OPERATOR, NOW)
    assert "Wholesale" not in [table["name"] for table in rate_tables(session)]
    assert "Wholesale" in [table["name"] for table in rate_tables(session, with_deleted=True)]


def test_a_deleted_table_cannot_be_changed_or_chosen(session: Session) -> None:
    table = made(session)
    delete_rate_table(session, table.id, None, OPERATOR, NOW)
    with pytest.raises(FieldsRefused, match="is deleted: choose another one"):
        update_rate_table(session, table.id, None, {"notes": "x"}, OPERATOR, NOW)
    assert rate_table_problem(session, table.id, "USD", "the group G") == (
        "The rate table Retail is deleted: choose another one."
    )


def test_a_table_of_another_currency_is_not_chosen(session: Session) -> None:
    table_id = row(session, RateTable, name="Euro", currency="EUR")
    assert rate_table_problem(session, table_id, "EUR", "the client Alpha") is None
    assert rate_table_problem(session, table_id, "USD", "the client Alpha") == (
        "The rate table Euro is in EUR, the client Alpha in USD: choose a table in USD."
    )
    assert rate_table_problem(session, 999_999, "USD", "it") == ("There is no such rate table: choose one that exists.")

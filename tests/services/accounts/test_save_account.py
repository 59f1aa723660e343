"""Accounts: every field of the form, and what is refused in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from account_world import ACTOR, AccountWorld, an_account_world
from factories import NOW, at_once
from sqlalchemy import inspect, select

from models import (
    Account,
    AuditEntry,
    Base,
    Client,
    IdentBy,
    TrunkProtocol,
)
from services.accounts.account_fields import ACCOUNT_FIELDS, LISTS
from services.accounts.effective_terms import Whose, effective_terms
from services.accounts.save_account import create_account
from services.accounts.save_client import update_client
from services.accounts.trunk_ports import trunk_port
from services.routing.deck_revision import deck_revision
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session


def test_the_table_of_fields_holds_every_setting_of_an_account() -> None:
    """JA-24 to JA-49."""
    kept = {"id", "version", "deleted_at", "name_key", "password_sealed", "password_key"}
    columns = {column.name for column in Account.__table__.c} - kept
    assert {field.name for field in ACCOUNT_FIELDS} == columns | set(LISTS)


def test_an_account_needs_only_client_and_name(trade: AccountWorld) -> None:
    """JA-23, JA-24, JA-25: both roles begin switched off (JA-14: no traffic)."""
    saved = trade.account("Main")
    account = trade.stored(saved.id)
    assert (account.client_id, account.name, account.ident_by) == (trade.client_id, "Main", IdentBy.IP)
    assert (account.originator_enabled, account.terminator_enabled) == (False, False)
    with pytest.raises(FieldsRefused) as refused:
        create_account(trade.session, {}, ACTOR, NOW)
    assert refused.value.problems == {"client_id": "The client is needed.", "name": "The name is needed."}


def test_an_unknown_client_is_refused(trade: AccountWorld) -> None:
    assert trade.problems(client_id=999)["client_id"].startswith("There is no such client")


def test_a_client_has_any_number_of_accounts(trade: AccountWorld) -> None:
    """JA-2, JA-50."""
    for number in range(30):
        trade.sender(f"Line {number}", addresses=f"192.0.2.{number}")
    count = trade.session.scalars(select(Account.id).where(Account.client_id == trade.client_id)).all()
    assert len(count) == 30


def test_a_name_is_unique_within_its_client_only(trade: AccountWorld) -> None:
    """JA-25."""
    trade.account("Main")
    assert trade.problems("Main")[""] == "Acme Telecom has, or had, an account Main already: choose another name."
    trade.account("Main", client_id=trade.other_client_id)


def test_the_account_comes_before_its_client(trade: AccountWorld) -> None:
    """JA-19, JA-39, JA-40, JA-44: with a note which applies."""
    own = trade.sender()
    tables = {"originator_rate_table_id": trade.table_id, "originator_routing_plan_id": trade.plan_id}
    update_client(trade.session, trade.client_id, None, tables, ACTOR, NOW)
    bare = trade.account("Bare", originator_enabled=True, addresses="192.0.2.8")
    client = trade.session.get_one(Client, trade.client_id, populate_existing=True)
    of_own, of_bare = (effective_terms(trade.stored(saved.id), client) for saved in (own, bare))
    assert (of_own.originator_rate_table.whose, of_own.originator_rate_table.note) == (Whose.ACCOUNT, "")
    assert (of_bare.originator_rate_table.id, of_bare.originator_rate_table.note) == (trade.table_id, "the client's")
    assert (of_bare.originator_routing_plan.id, of_bare.originator_routing_plan.whose) == (trade.plan_id, Whose.CLIENT)
    assert (of_bare.terminator_rate_table.id, of_bare.terminator_rate_table.note) == (None, "none")
    with pytest.raises(FieldsRefused, match="The account Bare has no rate table for its calls of its own"):
        update_client(trade.session, trade.client_id, None, {"originator_rate_table_id": None}, ACTOR, NOW)


def test_an_originator_without_table_or_plan_is_refused(trade: AccountWorld) -> None:
    """JA-38, JA-39, JA-40."""
    told = trade.problems(originator_enabled=True, addresses="192.0.2.1")
    assert "a rate table for its calls" in told["originator_rate_table_id"]
    assert "a routing plan" in told["originator_routing_plan_id"]


def test_a_carrier_needs_a_table_and_a_place(trade: AccountWorld) -> None:
    """JA-43, JA-44, JA-48."""
    told = trade.problems(terminator_enabled=True)
    assert "calls that it takes" in told["terminator_rate_table_id"]
    assert "place to go" in told["proxy"]
    trade.carrier()


def test_another_currency_is_refused(trade: AccountWorld) -> None:
    told = trade.problems(originator_rate_table_id=trade.euro_table_id)["originator_rate_table_id"]
    assert told == "The rate table Euros is in EUR, the client's wallet in USD: choose a table in USD."


def test_choices_that_are_not_there_are_refused(trade: AccountWorld) -> None:
    assert trade.problems(originator_rate_table_id=99, originator_routing_plan_id=99) == {
        "originator_rate_table_id": "There is no such rate table: choose one that exists.",
        "originator_routing_plan_id": "There is no such routing plan: choose one that exists.",
    }


def test_tags_and_capacities_belong_to_their_direction(trade: AccountWorld) -> None:
    """JA-41, JA-42, JA-45, JA-46; no capacity is no limit."""
    saved = trade.sender(originator_tag="retail", originator_capacity=30, terminator_tag="gold", terminator_capacity=0)
    account = trade.stored(saved.id)
    assert (account.originator_tag, account.originator_capacity) == ("retail", 30)
    assert (account.terminator_tag, account.terminator_capacity) == ("gold", 0)
    trade.change(saved.id, originator_tag=None, originator_capacity=None)
    account = trade.stored(saved.id)
    assert (account.originator_tag, account.originator_capacity) == ("", None)
    assert "originator_capacity" in trade.problems(originator_capacity=-1)


@pytest.mark.parametrize(
    ("protocol", "port"), [("sip/udp", 5060), ("sip/tcp", 5060), ("sip/tls", 5061), ("iax2", 4569)]
)
def test_each_protocol_has_its_port(trade: AccountWorld, protocol: str, port: int) -> None:
    """JA-47, JA-48, JA-49."""
    account = trade.stored(trade.carrier(protocol=protocol).id)
    assert (account.protocol, account.proxy, account.port) == (TrunkProtocol(protocol), "sip.example.com", None)
    assert trunk_port(account.protocol, account.port) == port
    assert trunk_port(account.protocol, 5099) == 5099


@pytest.mark.parametrize("wrong", [{"port": 0}, {"port": 65_536}, {"protocol": "h323"}], ids=str)
def test_ports_and_protocols_have_bounds(trade: AccountWorld, wrong: dict[str, Any]) -> None:
    """JA-47, JA-49."""
    assert list(trade.problems(**wrong)) == list(wrong)


@pytest.mark.parametrize("proxy", ["a b", "sip.example.com;x", "x\n[y]", "300.1.1.1", "-a.example", "sip:a", "a:5060"])
def test_a_proxy_is_a_host(trade: AccountWorld, proxy: str) -> None:
    """JA-48."""
    assert list(trade.problems(proxy=proxy)) == ["proxy"]


@pytest.mark.parametrize("proxy", ["192.0.2.1", "2001:db8::1", "a", "sip-1.example.com"])
def test_host_names_and_addresses_are_proxies(trade: AccountWorld, proxy: str) -> None:
    """JA-48."""
    assert trade.stored(trade.account(proxy=proxy).id).proxy == proxy


def test_registering_needs_a_login_and_a_proxy(trade: AccountWorld) -> None:
    assert "registers" in trade.problems("Two words", registers=True, proxy="sip.example.com")
    assert "registers" in trade.problems("login", registers=True)
    trade.account("login", registers=True, proxy="sip.example.com")


def test_the_caller_ids_fit_their_mode(trade: AccountWorld) -> None:
    """V-35."""
    assert (
        "one number, here are 2" in trade.problems(caller_id_mode="fixed", shown_numbers="1555; 1556")["shown_numbers"]
    )
    assert "needs numbers" in trade.problems(caller_id_mode="pool_random")["shown_numbers"]
    assert "no number is used" in trade.problems(shown_numbers="15550100")["shown_numbers"]
    saved = trade.account(caller_id_mode="pool_polled", shown_numbers="+15550100; 15550101")
    assert trade.values(saved)["shown_numbers"] == "15550100; 15550101"


def test_endpoints_are_made_of_names_and_unique(trade: AccountWorld) -> None:
    assert trade.account("Main").endpoint == "acme_telecom.main"
    assert trade.account("Main!").endpoint == "acme_telecom.main_2"
    assert trade.account("電話").endpoint == "acme_telecom.account"
    assert len(trade.account("Very long name of a carrier").endpoint) <= 40
    assert trade.account("Given", endpoint="acme.given").endpoint == "acme.given"
    assert "acme.given" in trade.problems(endpoint="acme.given")["endpoint"]
    for wrong in ("phone", "a.b-c", "A.b", "a:b", "a..b"):
        assert "endpoint" in trade.problems(endpoint=wrong)


def test_a_change_is_refused_after_another_ones(trade: AccountWorld) -> None:
    """JC-59."""
    saved = trade.sender()
    assert trade.change(saved.id, 1, notes="first").version == 2
    with pytest.raises(ChangedMeanwhile):
        trade.change(saved.id, 1, notes="second")
    assert trade.stored(saved.id).notes == "first"


def test_a_change_of_nothing_is_no_change(trade: AccountWorld) -> None:
    saved = trade.sender(addresses="192.0.2.7; 192.0.2.8")
    assert trade.change(saved.id, 1, addresses=" 192.0.2.7;192.0.2.8/32", tech_prefix="").version == 1


def test_acts_are_noted_and_decks_are_told(trade: AccountWorld) -> None:
    """JA-18: the audit log holds what changed, before and after."""
    revision = deck_revision(trade.session)
    saved = trade.sender()
    trade.change(saved.id, 1, addresses="192.0.2.9", notes="moved")
    assert deck_revision(trade.session) == revision + 2
    query = select(AuditEntry.act, AuditEntry.before, AuditEntry.after).where(AuditEntry.object_kind == "account")
    created, changed = trade.session.execute(query.order_by(AuditEntry.number)).all()
    assert (created.act, created.after["addresses"], created.after["ident_by"]) == (
        "account.created",
        "192.0.2.7",
        "ip",
    )
    assert changed.before == {"addresses": "192.0.2.7", "notes": None}
    assert changed.after == {"addresses": "192.0.2.9", "notes": "moved"}


def test_of_two_that_collide_exactly_one_is_made(engine: Engine, committed_trade: AccountWorld) -> None:
    """Two operators at the same moment: one wins, the other is told of it."""

    def create(name: str, client_id: int) -> Any:  # noqa: ANN401 (a work for at_once)
        def work(session: Session) -> str:
            try:
                committed_trade.on(session).sender(name, client_id=client_id)
            except FieldsRefused as refused:
                return str(refused)
            return "made"

        return work

    clients = (committed_trade.client_id, committed_trade.other_client_id)
    results = at_once(engine, [create(f"Race {number}", clients[number % 2]) for number in range(8)])
    assert results.count("made") == 1
    assert all("would match the account Race" in told for told in results if told != "made")


def test_of_two_changes_of_one_version_exactly_one_is_saved(engine: Engine, committed_trade: AccountWorld) -> None:
    saved = committed_trade.sender()
    committed_trade.session.commit()

    def change(notes: str) -> Any:  # noqa: ANN401 (a work for at_once)
        def work(session: Session) -> bool:
            try:
                committed_trade.on(session).change(saved.id, 1, notes=notes)
            except ChangedMeanwhile:
                return False
            return True

        return work

    assert sorted(at_once(engine, [change("one"), change("two"), change("three")])) == [False, False, True]


def test_no_client_owns_a_card_and_no_card_belongs_to_a_client() -> None:
    """M-10, M-11: the schema has no column from a card's side to a client's, nor back."""
    card_side = {"card", "card_group", "card_series", "voucher", "voucher_batch"}
    client_side = {"client", "account"}
    for table in Base.metadata.tables.values():
        named = {key.column.table.name for key in table.foreign_keys}
        if table.name in card_side:
            assert not named & client_side, table.name
        if table.name in client_side:
            assert not named & card_side, table.name
    assert {column.name for column in inspect(Client).columns if "card" in column.name} == set()


def test_a_world_of_accounts_is_of_both_databases(session: Session) -> None:
    trade = an_account_world(session)
    assert trade.stored(trade.sender().id).originator_enabled is True


def test_ja_29_a_carrier_known_by_its_login_needs_no_proxy_but_a_login_of_its_own(trade: AccountWorld) -> None:
    trade.carrier("gsm-7", ident_by="name", proxy=None)
    assert (
        "Calls of the login gsm-7 would match"
        in trade.problems("GSM-7", **_takes(trade), client_id=trade.other_client_id)[""]
    )
    assert "By IAX2 no gateway registers" in trade.problems("gsm-8", **_takes(trade), protocol="iax2")["proxy"]
    assert "identify the account by name" in trade.problems("gsm-9", **{**_takes(trade), "ident_by": "ip"})["proxy"]


def _takes(trade: AccountWorld) -> dict[str, object]:
    return {"terminator_enabled": True, "terminator_rate_table_id": trade.table_id, "ident_by": "name"}

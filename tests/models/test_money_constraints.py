"""The database repeats the rules of the code: what would lose or invent money is refused on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from factories import KEYS, NOW, World, a_world, answered, micros, row
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from billing.states import CardStatus, HoldState
from models import (
    Account,
    CallerIdBinding,
    CallRecord,
    Card,
    CardGroup,
    CardSeries,
    Client,
    Hold,
    LedgerEntry,
    LedgerKind,
    Rate,
    RateTable,
    Wallet,
    WalletKind,
)
from models.database import make_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

Act = Callable[[World], object]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A card with a settled and a running call; every test of this file takes its own harm back."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.create()
    engine = make_engine(url, pool_size=1)
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        world.call("settled")
        world.settle(answered("settled", 60))
        world.call("running")
        session.commit()
        yield world
    engine.dispose()
    databases.drop(url)


def wallet(**values: object) -> Act:
    return lambda world: world.set(Wallet, world.card().wallet_id, **values)


def card(**values: object) -> Act:
    return lambda world: world.set_card(**values)


def second_card(column: Any) -> Any:  # noqa: ANN401 (a column of Card, as SQL)
    return select(column).where(Card.serial == 2).scalar_subquery()


def series(**values: object) -> Act:
    return lambda world: world.set_series(**values)


def group(**values: object) -> Act:
    return lambda world: world.set_group(**values)


def hold(**values: object) -> Act:
    return lambda world: world.session.execute(update(Hold).where(Hold.call_id == "running").values(values))


def record(**values: object) -> Act:
    return lambda world: world.session.execute(update(CallRecord).values(values))


def rate(**values: object) -> Act:
    return lambda world: world.session.execute(update(Rate).values(values))


def account(**values: object) -> Act:
    return lambda world: world.set(Account, world.carriers["test.cheap"], **values)


def entry(**values: object) -> Act:
    def insert_it(world: World) -> None:
        house = world.session.scalars(select(Wallet.id).where(Wallet.kind == WalletKind.CALL_REVENUE)).one()
        good = {
            "source_wallet_id": world.card().wallet_id,
            "destination_wallet_id": house,
            "amount_micros": 1,
            "kind": LedgerKind.ADJUSTMENT,
            "reference": "one",
            "created_at": NOW,
            "actor": "test",
        }
        world.session.execute(insert(LedgerEntry).values({**good, **values}))

    return insert_it


def house(**values: object) -> Act:
    return lambda world: world.session.execute(update(Wallet).where(Wallet.kind == WalletKind.TAX).values(values))


def gone(table: type) -> Act:
    return lambda world: world.session.execute(delete(table))


def raw(statement: str) -> Act:
    return lambda world: world.session.execute(text(statement))


def second(table: type, **changes: Any) -> Act:  # noqa: ANN401 (column values)
    """A copy of the first row, with these changes."""

    def insert_it(world: World) -> None:
        columns = [column for column in table.__table__.columns if column.name != "id"]
        first = world.session.execute(select(*columns).limit(1)).one()
        row(world.session, table, **{**dict(first._mapping), **changes})

    return insert_it


def to_one_side(world: World) -> None:
    wallet_id = world.card().wallet_id
    entry(source_wallet_id=wallet_id, destination_wallet_id=wallet_id)(world)


def twice(act: Act) -> Act:
    return lambda world: (act(world), act(world))


NO_WALLET = 10**9
REFUSED: dict[str, tuple[Act, str]] = {
    # wallets
    "a wallet below nothing": (wallet(balance_micros=-1, held_micros=0), "never_overdrawn"),
    "more held than there is": (wallet(held_micros=micros("5.01")), "never_overdrawn"),
    "a balance below what is held": (wallet(balance_micros=Wallet.held_micros - 1), "never_overdrawn"),
    "less than nothing held": (wallet(held_micros=-1), "held_not_negative"),
    "less than no call up": (wallet(open_holds=-1), "open_holds_not_negative"),
    "a credit below nothing": (wallet(credit_limit_micros=-1, held_micros=0), "credit_not_negative"),
    "a running balance of the house": (house(balance_micros=1), "house_stores_none"),
    "a house wallet twice": (lambda world: row(world.session, Wallet, kind=WalletKind.TAX, currency="USD"), "wallet"),
    "a wallet of no kind": (raw("UPDATE wallet SET open_holds = 0, kind = 'purse'"), ""),
    # the ledger
    "an entry of nothing": (entry(amount_micros=0), "amount_positive"),
    "an entry below nothing": (entry(amount_micros=-1), "amount_positive"),
    "an entry with one side": (to_one_side, "two_sides"),
    "an entry twice": (twice(entry()), "reference"),
    "an entry to no wallet": (entry(destination_wallet_id=NO_WALLET), ""),
    "an entry of no kind": (raw("INSERT INTO ledger_entry SELECT * FROM ledger_entry"), ""),
    # holds
    "a hold below nothing": (hold(amount_micros=-1), "amount_not_negative"),
    "a hold closed without its moment": (hold(state=HoldState.SETTLED), "resolution_dated"),
    "an open hold with a moment of closing": (hold(resolved_at=NOW), "resolution_dated"),
    "a hold of no wallet": (hold(wallet_id=NO_WALLET), ""),
    "a state that no hold has": (raw("UPDATE hold SET state = 'lost'"), ""),
    "a hold erased under its record": (gone(Hold), ""),
    # call records
    "a cost without an answer": (record(answered_at=None), "only_answered_costs"),
    "a cost below nothing": (record(cost_micros=-1), "figures_not_negative"),
    "talk below nothing": (record(talk_seconds=-1), "figures_not_negative"),
    "more talk than was granted": (record(limit_seconds=59), "within_the_limit"),
    "a record without a hold": (record(call_id="ghost"), ""),
    # cards and series
    "a card that was used before it was activated": (card(status=CardStatus.USED, activated_at=None), "activation"),
    "a pending card that was activated": (card(status=CardStatus.PENDING), "activation_dated"),
    "a state that no card has": (raw("UPDATE card SET status = 'lost'"), ""),
    "two cards with one PIN": (card(pin_digest=second_card(Card.pin_digest)), "pin_digest"),
    "two cards with one number": (card(number="1000000002"), "number"),
    "two cards with one wallet": (card(wallet_id=second_card(Card.wallet_id)), "wallet_id"),
    "two cards with one serial": (card(serial=2), "serial"),
    "a serial of ten digits": (card(serial=10**9), "serial_in_range"),
    "a digest that was cut": (card(pin_digest=KEYS.digest("1")[:31]), "pin_digest_length"),
    "a series number above a hundred million": (series(number=100_000_001), "number_in_range"),
    "a series of no card": (series(quantity=0), "quantity_in_range"),
    "a short PIN": (series(pin_length=7), "pin_length_in_range"),
    "a fee below nothing": (series(maintenance_fee_micros=-1), "amounts_not_negative"),
    "a series without a rate table": (series(rate_table_id=None), "rate_table_id"),
    "a series that begins activated": (series(initial_card_status=CardStatus.ACTIVATED), "initial_status_unused"),
    "no call at once": (group(calls_max=0), "calls_max_in_range"),
    "a shortest call above the longest": (group(call_seconds_min=14_401), "call_seconds_in_order"),
    "a ghost percent that is a factor": (group(ghost_minutes_percent=1), "ghost_minutes_in_range"),
    # prices and carriers
    "a price below nothing": (rate(price_per_minute_micros=-1), "price_not_negative"),
    "an increment of no second": (rate(increment_seconds=0), "blocks_positive"),
    "a rate that ends before it begins": (rate(valid_until=Rate.valid_from), "period_not_empty"),
    "a rate twice": (second(Rate), "rate"),
    "a rate of no day": (rate(days=0), "days_in_range"),
    "a rate of hours that run backwards": (rate(from_minute=600, until_minute=600), "hours_in_range"),
    "a carrier without an endpoint": (account(endpoint=None), "carrier_has_an_endpoint"),
    "a password whose key nobody knows": (account(password_sealed=b"x"), "password_names_its_key"),
    "two carriers with one endpoint": (account(endpoint="test.dear"), "endpoint"),
    "a rate table in use erased": (gone(RateTable), ""),
    "a series in use erased": (gone(CardSeries), ""),
    "a group in use erased": (gone(CardGroup), ""),
    "a client in use erased": (gone(Client), ""),
}


@pytest.mark.parametrize("harm", REFUSED)
def test_what_would_harm_money_is_refused(world: World, harm: str) -> None:
    act, constraint = REFUSED[harm]
    with pytest.raises(IntegrityError) as refusal:
        act(world)
    assert constraint in str(refusal.value.orig)
    world.session.rollback()


LEDGER, OPENING = "the ledger is append-only", "the opening balance of a wallet never changes"
TRIGGERED: dict[str, tuple[Act, str]] = {
    "an entry changed": (raw("UPDATE ledger_entry SET amount_micros = 1"), LEDGER),
    "an entry changed to itself": (raw("UPDATE ledger_entry SET actor = actor"), LEDGER),
    "an entry erased": (gone(LedgerEntry), LEDGER),
    "an opening balance changed": (wallet(opening_micros=0), OPENING),
    "a currency changed": (wallet(currency="EUR"), OPENING),
    "a wallet erased": (raw("DELETE FROM wallet WHERE held_micros = 0"), OPENING),
}


@pytest.mark.parametrize("harm", TRIGGERED)
def test_the_past_is_not_rewritten(world: World, harm: str) -> None:
    """I8: by no code, and by no hand at a database prompt."""
    act, words = TRIGGERED[harm]
    with pytest.raises(DBAPIError, match=words):
        act(world)
    world.session.rollback()


def test_the_ledger_is_not_emptied_by_truncate(world: World) -> None:
    if world.session.get_bind().dialect.name == "sqlite":
        return  # knows no TRUNCATE: its DELETE without a condition meets the trigger like any other
    with pytest.raises(DBAPIError, match=LEDGER):
        world.session.execute(text("TRUNCATE ledger_entry CASCADE"))
    world.session.rollback()


def test_a_phone_has_one_card_and_a_card_one_phone(world: World) -> None:
    """M-43."""
    first, other = (new.card_id for new in world.cards)
    row_of = {"caller_id": "15550100", "card_id": first, "bound_at": NOW}
    for clash in ({"card_id": other}, {"caller_id": "15550101"}):
        world.session.execute(insert(CallerIdBinding).values(row_of))
        with pytest.raises(IntegrityError):
            world.session.execute(insert(CallerIdBinding).values({**row_of, **clash}))
        world.session.rollback()


def test_a_client_may_owe_up_to_its_credit(world: World) -> None:
    client = {"kind": WalletKind.CLIENT, "currency": "USD", "credit_limit_micros": 10}
    wallet_id = row(world.session, Wallet, **client)
    world.set(Wallet, wallet_id, balance_micros=-4, held_micros=6)
    with pytest.raises(IntegrityError, match="never_overdrawn"):
        world.set(Wallet, wallet_id, balance_micros=-5)
    world.session.rollback()


def test_the_world_was_left_as_it_was(world: World) -> None:
    assert world.is_proved()

"""Wallets know the series of their cards: as cards are made or brought along, or filed later by the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import World, answered
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Card, Wallet, WalletKind
from services.money.file_wallets import are_wallets_filed, file_wallets
from services.money.verify_ledger import verify_ledger

if TYPE_CHECKING:
    from sqlalchemy import Engine


def unfile(session: Session) -> None:
    """As an older release left them."""
    session.execute(update(Wallet).values(series_id=None))


def series_of_cards(session: Session) -> set[tuple[int | None, int]]:
    query = select(Wallet.series_id, Card.series_id).join(Card, Card.wallet_id == Wallet.id)
    return {(wallets, cards) for wallets, cards in session.execute(query)}


def test_a_new_card_has_a_wallet_that_knows_its_series(session: Session, world: World) -> None:
    assert series_of_cards(session) == {(world.series_id, world.series_id)}
    assert set(session.scalars(select(Wallet.series_id).where(Wallet.kind != WalletKind.CARD))) == {None}
    assert are_wallets_filed(session)
    assert file_wallets(session) == 0


def test_wallets_of_an_older_release_are_filed_by_steps(session: Session, world: World) -> None:
    unfile(session)
    assert not are_wallets_filed(session)
    assert world.is_proved()  # what is not filed yet is not wrong
    assert [file_wallets(session, 1), file_wallets(session), file_wallets(session)] == [1, 1, 0]
    assert are_wallets_filed(session)
    assert series_of_cards(session) == {(world.series_id, world.series_id)}
    assert world.is_proved()


def test_a_wallet_that_a_call_has_locked_waits_for_the_next_step(committed_world: World, engine: Engine) -> None:
    """Neither waits for the other; on SQLite one writer comes after the other anyway."""
    unfile(committed_world.session)
    committed_world.session.commit()
    if engine.dialect.name != "postgresql":
        assert file_wallets(committed_world.session) == 2
        return
    committed_world.call("up")
    with Session(engine, autoflush=False) as worker, worker.begin():
        assert (file_wallets(worker), file_wallets(worker)) == (1, 0)
        assert not are_wallets_filed(worker)
    committed_world.settle(answered("up", 60))
    committed_world.session.commit()
    with Session(engine, autoflush=False) as worker, worker.begin():
        assert file_wallets(worker) == 1
        assert are_wallets_filed(worker)
        assert verify_ledger(worker) == []


def test_a_wallet_of_another_series_is_found(session: Session, world: World) -> None:
    world.set(Wallet, world.card().wallet_id, series_id=world.series_id + 1)
    [breach] = verify_ledger(session)
    assert (breach.invariant[:3], breach.found) == ("I16", f"series {world.series_id + 1}")


def test_a_wallet_of_the_house_with_a_series_is_found(session: Session, world: World) -> None:
    session.execute(update(Wallet).where(Wallet.kind == WalletKind.TAX).values(series_id=world.series_id))
    assert [breach.invariant[:3] for breach in verify_ledger(session)] == ["I16"]

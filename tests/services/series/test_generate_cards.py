"""Making a series by chunks: exactly its quantity whatever happens, and no card for anybody before the last."""

from __future__ import annotations

import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import killable
import pytest
from factories import ACCESS, KEYS, NOW, World, a_series, row
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from billing.states import CardStatus, JobState
from models import AuditEntry, Card, CardSeries, Job, Wallet, WalletKind
from models.database import session_factory
from services.audit.audit import Actor, Door
from services.calls.access import find_access
from services.calls.identify_card import Identified, identify_card
from services.keys.closed_keys import ROTATE_KEYS, KeyClosed
from services.keys.pin_keys import create_pin_keys, load_pin_keys, new_keys
from services.money.verify_ledger import verify_ledger
from services.series import series_in_making
from services.series.generate_cards import generate_cards, make_chunk
from services.series.open_series import open_series
from services.series.series_terms import NewSeries, SeriesRefused

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from services.keys.pin_keys import PinKeys

OPERATOR = Actor("operator", Door.CLI)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_in_making, "CARDS_A_CHUNK", 20)


def terms(world: World, quantity: int, **others: Any) -> NewSeries:  # noqa: ANN401 (of NewSeries)
    return a_series(world.group_id, world.rate_table_id, **{"number": 7, "quantity": quantity, **others})


def opened(engine: Engine, asked: NewSeries, actor: Actor | None = OPERATOR) -> int:
    with Session(engine, autoflush=False) as session, session.begin():
        return open_series(session, asked, actor, NOW)


def generate(engine: Engine, job_id: int, keys: PinKeys = KEYS) -> None:
    generate_cards(session_factory(engine), keys, job_id, lambda: NOW)


def cards_of(session: Session, number: int = 7) -> list[Card]:
    query = select(Card).join(CardSeries, CardSeries.id == Card.series_id).where(CardSeries.number == number)
    return list(session.scalars(query.order_by(Card.serial)))


def assert_complete(session: Session, quantity: int, keys: PinKeys = KEYS) -> None:
    """I10: so many distinct numbers and PINs, each with a wallet of its own, and every PIN opens."""
    cards = cards_of(session)
    pins = {keys.decrypt(card.pin_encrypted or b"", card.number) for card in cards}
    assert len(cards) == len({card.number for card in cards}) == len(pins) == quantity
    assert len({card.wallet_id for card in cards}) == quantity
    assert all(keys.digest(pin) for pin in pins)
    wallets = select(func.count()).select_from(Wallet).where(Wallet.kind == WalletKind.CARD)
    assert session.scalar(wallets) == session.scalar(select(func.count()).select_from(Card))
    assert verify_ledger(session) == []
    job = session.scalars(select(Job).where(Job.key == "7")).one()
    assert (job.state, job.done, job.total, job.finished_at) == (JobState.DONE, quantity, quantity, job.finished_at)


def test_a_series_is_made_chunk_by_chunk(engine: Engine, committed_world: World) -> None:
    """JC-28: 50 cards in chunks of 20; the number and the PIN of each are stored as for a small series."""
    told: list[tuple[int, int]] = []
    job_id = opened(engine, terms(committed_world, 50))
    generate_cards(session_factory(engine), KEYS, job_id, lambda: NOW, lambda done, total: told.append((done, total)))
    with Session(engine) as session:
        assert_complete(session, 50)
        assert [card.serial for card in cards_of(session)] == list(range(1, 51))
        assert session.scalars(select(CardSeries.made_at).where(CardSeries.number == 7)).one() == NOW
    assert told == [(0, 50), (20, 50), (40, 50), (50, 50)]


def test_no_card_is_usable_before_the_last_is_made(engine: Engine, committed_world: World) -> None:
    """JC-28: neither by number and PIN, nor for a verifier that wants the whole quantity already."""
    job_id = opened(engine, terms(committed_world, 30))
    with Session(engine, autoflush=False) as session:
        making, batch = make_chunk(session, KEYS, job_id, NOW)
        session.commit()
        assert (making.done, batch is not None) == (20, True)
        access = find_access(session, ACCESS)
        assert access is not None
        assert batch is not None
        entry = (KEYS, access, batch.numbers[0], batch.pins[0], NOW)
        assert not isinstance(identify_card(session, *entry), Identified)
        assert verify_ledger(session) == []
        making, _ = make_chunk(session, KEYS, job_id, NOW)
        session.commit()
        assert making.done == 30
        assert isinstance(identify_card(session, *entry), Identified)
        assert make_chunk(session, KEYS, job_id, NOW)[1] is None


def test_pressing_twice_makes_one_series(engine: Engine, committed_world: World) -> None:
    """JC-40: also at the same instant; then both generate, and take turns."""
    asked = terms(committed_world, 100)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: opened(engine, asked), range(2))
        assert first == second
        list(pool.map(lambda _: generate(engine, first), range(2)))
    with Session(engine) as session:
        assert_complete(session, 100)
        acts = select(AuditEntry.act).where(AuditEntry.object_kind == "card_series")
        assert session.scalars(acts).all() == ["series.create"]
    assert opened(engine, asked) == first


def test_the_same_number_with_other_terms_is_refused(session: Session, world: World) -> None:
    open_series(session, terms(world, 50), OPERATOR, NOW)
    with pytest.raises(SeriesRefused, match=r"other terms \(face value, quantity\)"):
        open_series(session, terms(world, 51, face_value_micros=1), OPERATOR, NOW)


def test_the_audit_log_tells_the_terms_and_no_pin(session: Session, world: World) -> None:
    open_series(session, terms(world, 50, notes="for the kiosk"), OPERATOR, NOW)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.act, entry.before) == ("operator", "series.create", None)
    assert entry.after is not None
    assert (entry.after["quantity"], entry.after["notes"], entry.after["pin_length"]) == (50, "for the kiosk", 12)


def test_an_existing_number_is_kept_and_the_next_serial_taken(session: Session, world: World) -> None:
    """features.md 3.8: 7-000000005 and 7-000000025 are cards already, of another series (moved, or brought along)."""
    for place, number in enumerate(("7000000005", "7000000025")):
        wallet_id = row(session, Wallet, kind=WalletKind.CARD, currency="USD")
        digest = KEYS.digest(f"kept {place}")
        values = {"series_id": world.series_id, "serial": 900 + place, "number": number, "pin_digest": digest}
        session.execute(insert(Card).values(**values, status=CardStatus.PENDING, wallet_id=wallet_id))
    job_id = open_series(session, terms(world, 50), None, NOW)
    while make_chunk(session, KEYS, job_id, NOW)[1] is not None:
        pass
    serials = [card.serial for card in cards_of(session)]
    assert serials == [serial for serial in range(1, 53) if serial not in (5, 25)]
    kept = select(Card.series_id).where(Card.number.in_(["7000000005", "7000000025"]))
    assert session.scalars(kept).all() == [world.series_id] * 2


def test_serials_that_run_out_end_in_a_sentence(session: Session, world: World) -> None:
    """The last number is a card already; the series stays unusable."""
    values = {"series_id": world.series_id, "serial": 900, "number": "7999999999", "pin_digest": KEYS.digest("kept")}
    wallet_id = row(session, Wallet, kind=WalletKind.CARD, currency="USD")
    session.execute(insert(Card).values(**values, status=CardStatus.PENDING, wallet_id=wallet_id))
    job_id = open_series(session, terms(world, 10, first_serial=999_999_990), None, NOW)
    make_chunk(session, KEYS, job_id, NOW)
    with pytest.raises(SeriesRefused, match="no serial left after 9 of 10"):
        make_chunk(session, KEYS, job_id, NOW)
    assert session.scalars(select(CardSeries.made_at).where(CardSeries.number == 7)).one() is None


def few_numbers(seed: int, kinds: int) -> Any:  # noqa: ANN401 (a random source)
    """A random source that knows only so many numbers: PINs collide in the batch and with stored cards."""
    dice = random.Random(seed)  # noqa: S311 (must collide, and the same way each time)
    return lambda count: b"".join(dice.randrange(kinds).to_bytes(8, "little") for _ in range(count // 8))


@pytest.mark.parametrize("seed", range(3))
def test_colliding_pins_are_drawn_again(session: Session, world: World, seed: int) -> None:
    """F29, I10: 100 PINs out of 128 possible ones; only those that collide are drawn again."""
    job_id = open_series(session, terms(world, 100), None, NOW)
    source = few_numbers(seed, 128)
    while make_chunk(session, KEYS, job_id, NOW, source=source)[1] is not None:
        pass
    assert_complete(session, 100)


def test_a_full_pin_space_ends_in_a_sentence(session: Session, world: World) -> None:
    job_id = open_series(session, terms(world, 40), None, NOW)
    make_chunk(session, KEYS, job_id, NOW, source=few_numbers(1, 20))
    with pytest.raises(SeriesRefused, match="choose longer PINs"):
        make_chunk(session, KEYS, job_id, NOW, source=few_numbers(1, 20))


def test_a_pin_of_a_card_under_an_older_key_is_not_given_twice(session: Session, world: World) -> None:
    """During a rotation the unique key cannot see it: the same PIN has another digest."""
    old = world.keyed()[1]
    keys = new_keys(2, (KEYS,))
    draws = iter([int(old), 7])
    job_id = open_series(session, terms(world, 1), None, NOW)
    make_chunk(session, keys, job_id, NOW, source=lambda _: next(draws).to_bytes(8, "little"))
    [card] = cards_of(session)
    assert (keys.decrypt(card.pin_encrypted or b"", card.number), card.pin_key) == ("000000000007", 2)


def test_a_closed_key_makes_no_card(engine: Engine, committed_world: World, tmp_path: Path) -> None:
    """A rotation to key 2 has begun: who still has key 1 alone is told; who watches the file goes on with key 2."""
    job_id = opened(engine, terms(committed_world, 30))
    file = tmp_path / "keys.json"
    first = create_pin_keys(file)
    with Session(engine) as session, session.begin():
        row(session, Job, kind=ROTATE_KEYS, key="2", asked_by="test", asked_at=NOW)
    with pytest.raises(KeyClosed, match="Key 2 is in use"):
        generate(engine, job_id, first)
    with Session(engine) as session:
        assert cards_of(session) == []
    newer = new_keys(2, (first,))

    class Watched:
        """The file changes between two chunks."""

        seen = 0

        def current(self) -> PinKeys:
            self.seen += 1
            return first if self.seen < 3 else newer

    generate_cards(session_factory(engine), Watched(), job_id, lambda: NOW)
    with Session(engine) as session:
        assert_complete(session, 30, newer)
        assert {card.pin_key for card in cards_of(session)} == {2}


def test_a_series_ends_with_its_quantity_after_kills(
    engine: Engine, database_url: str, committed_world: World, tmp_path: Path
) -> None:
    """JC-28, F29, I10: killed four times at random moments by SIGKILL, then run to its end."""
    file = tmp_path / "keys.json"
    create_pin_keys(file)
    quantity = 12_000
    job_id = opened(engine, terms(committed_world, quantity))
    dice = random.Random(database_url)  # noqa: S311 (moments of kills)
    made = [0]
    while len(made) < 5:
        process = killable.start("generate", database_url, file, job_id)
        killable.kill_after(process, dice.uniform(0.0, 0.08))
        with Session(engine) as session:
            made.append(session.scalars(select(Job.done).where(Job.id == job_id)).one())
            assert len(cards_of(session)) == made[-1]
            assert verify_ledger(session) == []
    assert made == sorted(made)
    assert made[-1] < quantity
    killable.finish(killable.start("generate", database_url, file, job_id))
    with Session(engine) as session:
        assert_complete(session, quantity, load_pin_keys(file))


def test_memory_does_not_grow_with_the_quantity(
    engine: Engine, committed_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """50,000 cards: two chunks are in memory at most, not the series."""
    monkeypatch.setattr(series_in_making, "CARDS_A_CHUNK", 5_000)
    job_id = opened(engine, terms(committed_world, 50_000))
    tracemalloc.start()
    try:
        generate(engine, job_id)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()

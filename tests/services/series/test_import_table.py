"""Whatever a file holds, it is read as cards or refused by line; nothing else happens (F26)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.series.import_cells import AMOUNT, Clock, ImportedCard, amount_cell
from services.series.import_systems import CardSystem, read_cards
from services.series.import_table import REFUSALS_KEPT_MAX, ImportRefused

CLOCK = Clock(UTC, datetime(2026, 11, 22, 12, tzinfo=UTC))
TITLES = {
    CardSystem.MOR: b"Number,PIN,Balance,Sold,First_use,Status,Expires\n",
    CardSystem.A2BILLING: b"username,credit,status,firstusedate,enableexpire,expirationdate,expiredays\n",
}
CELLS = st.sampled_from(
    ["5000000001", "10000001", "5.00", "5,0", "1", "0", "", "2026-01-01 00:00:00", "NaN", "1e400", '"', "'", "=1+1",
     "\0", "\r", "\n", "blocked", "expired", "9999-12-31", "2", "3", "99999", "-1", "٣", "🂡"]
)  # fmt: skip
LINES = st.lists(st.lists(CELLS | st.text(max_size=8), min_size=5, max_size=8).map(",".join), max_size=6)


def read(content: bytes, system: CardSystem) -> list[ImportedCard] | ImportRefused:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cards.csv"
        file.write_bytes(content)
        try:
            return read_cards(file, system, CLOCK)
        except ImportRefused as refused:
            return refused


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CardSystem), LINES)
def test_lines_of_garbage_are_cards_or_refusals(system: CardSystem, lines: list[str]) -> None:
    answer = read(TITLES[system] + "\n".join(lines).encode("utf-8", errors="surrogatepass"), system)
    if isinstance(answer, ImportRefused):
        assert 0 < len(answer.refusals) <= min(answer.count, REFUSALS_KEPT_MAX)
    else:
        assert all(card.balance_micros >= 0 and 8 <= len(card.pin) <= 16 for card in answer)


@settings(max_examples=200, deadline=None)
@given(system=st.sampled_from(CardSystem), content=st.binary(max_size=400), with_titles=st.booleans())
def test_bytes_of_garbage_are_cards_or_refusals(system: CardSystem, content: bytes, *, with_titles: bool) -> None:
    answer = read((TITLES[system] if with_titles else b"") + content, system)
    assert isinstance(answer, ImportRefused | list)


@given(st.integers(0, 10**12 - 1), st.text("0123456789", max_size=30), st.sampled_from(".,"))
def test_an_amount_is_cut_at_the_micro_and_never_rounded_up(units: int, decimals: str, point: str) -> None:
    text = f"{units}{point}{decimals}" if decimals else str(units)
    assert amount_cell("Balance", text) == int(f"{units}{(decimals + '000000')[:6]}")
    assert AMOUNT.fullmatch(text)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_delimiter_is_found_in_the_titles(delimiter: str) -> None:
    text = "Number,PIN,Balance,Sold,First_use\n5000000001,10000001,5.00,1,\n".replace(",", delimiter)
    assert isinstance(read(text.encode(), CardSystem.MOR), list)


def test_a_card_shows_no_pin_when_it_is_printed_in_a_log() -> None:
    [card] = read(b"Number,PIN,Balance,Sold,First_use\n5000000001,10000001,5.00,1,\n", CardSystem.MOR)
    assert "10000001" not in repr(card)

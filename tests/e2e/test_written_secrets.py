"""No PIN that was keyed stands in any file that the platform wrote; run last, it looks at every call of the run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, dialling
from house import SHORT_PIN, House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.asterisk

SOUND = {".wav", ".so"}


def written(house: House) -> Iterator[Path]:
    """Logs, traces, event and call records, spool, and the database itself."""
    for file in house.state.rglob("*"):
        if file.is_file() and not file.is_symlink() and file.suffix not in SOUND:
            yield file


@contextmanager
def everything_told(house: House) -> Iterator[None]:
    """Asterisk's log as an operator sets it who looks for a fault: each step of the dialplan."""
    platform = house.plant.platform
    file = platform.instance.etc / "logger.conf"
    before = file.read_text()
    try:
        file.write_text(before.replace("verbose(1)", "verbose(10),debug(1)"))
        platform.console("logger reload")
        yield
    finally:
        file.write_text(before)
        platform.console("logger reload")


def test_no_pin_is_written_anywhere(house: House) -> None:
    """reliability.md 11; asterisk.md 2.2: the server's log and trace, Asterisk's logs, CEL, CDR, the database."""
    card = house.card(SHORT_PIN)
    with everything_told(house), dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9998017#")
        caller.is_connected()
        caller.is_asked(ASK_NUMBER)
    house.plant.wait_until_idle()
    house.engine.dispose()  # to close a file that SQLite has open drops this process's locks on it
    files = {file: file.read_bytes() for file in written(house)}
    names = {file.name for file in files}
    assert {"trace.jsonl", "fastagi.log", "full", "console", "cel.csv", "callingcard.sqlite"} <= names
    found = [(file.name, pin) for file, text in files.items() for pin in set(house.pins) if pin.encode() in text]
    assert found == []
    assert any(b"Executing [s@card:" in text for file, text in files.items() if file.name == "full")
    assert any(b"9998017" in text for text in files.values()), "the search finds what was written"

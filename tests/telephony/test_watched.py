from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.watched import WatchedRefused, read_watched, watched_asterisks

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '[north]\nhost = "10.0.0.5"\nwatcher_secret = "w"\nconsole_secret = "c"\ncel_file = "/log/cel.csv"\n'


def file_of(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "asterisks.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_each_table_is_an_asterisk_and_no_secret_is_told(tmp_path: Path) -> None:
    north, south = read_watched(file_of(tmp_path, GOOD + GOOD.replace("north", "south") + "port = 5039\n"))
    assert (north.name, north.host, north.port, str(north.cel_file)) == ("north", "10.0.0.5", 5038, "/log/cel.csv")
    assert (south.port, south.console.name, south.console.secret) == (5039, "console", "c")
    assert '"c"' not in repr(north)
    assert "'c'" not in repr(north)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no Asterisk"),
        ("[north]\n", "needs 'watcher_secret'"),
        (GOOD + "prot = 5\n", "unknown keys: prot"),
        (GOOD + "port = 0\n", "port 0"),
        (GOOD.replace("north", '"no rth"'), "is no table"),
        ("north = 5\n", "is no table"),
        ("[north\n", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_what_to_change(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(WatchedRefused, match=says):
        read_watched(file_of(tmp_path, text))


def test_secrets_that_others_may_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WatchedRefused, match="chmod 600"):
        read_watched(file_of(tmp_path, GOOD, 0o644))


def test_without_file_and_private_asterisk_the_cure_is_told(tmp_path: Path) -> None:
    with pytest.raises(WatchedRefused, match="callingcard up"):
        watched_asterisks(None, tmp_path)

"""The key file of a running server: replaced as a whole, read anew at the next look-up, and never half."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidTag
from factories import KEYS

from services.keys.key_file import KeyFile, replace_pin_keys
from services.keys.pin_keys import KeysMissing, PinKeys, create_pin_keys, load_pin_keys, new_keys

if TYPE_CHECKING:
    from pathlib import Path

PIN, NUMBER = "959261607855", "1005668240"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    create_pin_keys(file)
    return file


def rotated(keys: PinKeys) -> PinKeys:
    return new_keys(keys.number + 1, (keys,))


def test_a_file_of_several_keys_is_loaded_as_it_was_written(file: Path) -> None:
    keys = rotated(load_pin_keys(file))
    replace_pin_keys(file, keys)
    assert load_pin_keys(file) == keys
    assert [key.number for key in keys.live()] == [2, 1]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in file.parent.iterdir()] == ["keys.json"]


def test_a_server_notices_a_new_file_at_the_next_look_up(file: Path) -> None:
    watched = KeyFile(file)
    first = watched.current()
    assert watched.current() is first
    replace_pin_keys(file, rotated(first))
    assert watched.current().number == 2
    replace_pin_keys(file, PinKeys(2, watched.current().digest_key, watched.current().encryption_key))
    assert watched.current().older == ()


@pytest.mark.parametrize("harm", ["gone", "cut", "open to others"])
def test_a_server_keeps_its_keys_while_the_file_is_unusable(file: Path, harm: str) -> None:
    watched = KeyFile(file)
    whole, keys = file.read_text(), watched.current()
    if harm == "gone":
        file.unlink()
    elif harm == "cut":
        file.write_text(whole[:40])
    else:
        file.write_text(whole + " ")
        file.chmod(0o644)
    assert watched.current() is keys
    file.unlink(missing_ok=True)
    create_pin_keys(file)
    assert watched.current() == load_pin_keys(file) != keys


def test_a_server_does_not_start_without_keys(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match="callingcard init"):
        KeyFile(tmp_path / "keys.json")


@pytest.mark.parametrize("older", [{"number": 2}, {"number": 3}, {"digest_key": "aa"}, {"number": True}])
def test_older_keys_are_checked_too(file: Path, older: dict[str, object]) -> None:
    data = {"number": 2, "digest_key": "aa" * 32, "encryption_key": "bb" * 32}
    file.write_text(json.dumps(data | {"older": [data | {"number": 1} | older]}))
    with pytest.raises(KeysMissing, match="damaged"):
        load_pin_keys(file)


def test_a_pin_has_a_digest_by_each_live_key() -> None:
    keys = rotated(KEYS)
    assert keys.digests(PIN) == [keys.digest(PIN), KEYS.digest(PIN)]
    assert KEYS.digests(PIN) == [KEYS.digest(PIN)]
    assert keys.digest_each([PIN, "1"]) == [keys.digest(PIN), keys.digest("1")]


def test_a_copy_opens_by_the_key_that_sealed_it() -> None:
    keys = rotated(KEYS)
    for sealed in (KEYS.encrypt(PIN, NUMBER), keys.encrypt(PIN, NUMBER)):
        assert keys.decrypt(sealed, NUMBER) == PIN
        with pytest.raises(InvalidTag):
            keys.decrypt(sealed, "1005668241")
    with pytest.raises(InvalidTag):
        KEYS.decrypt(keys.encrypt(PIN, NUMBER), NUMBER)


def test_no_key_shows_itself() -> None:
    keys = rotated(KEYS)
    assert "d" * 32 not in repr(keys)
    assert keys.digest_key.hex() not in repr(keys)
    assert repr(keys.digest_key) not in repr(keys)

"""The key file: refused where others may read it or where it is damaged, and never replaced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidTag
from factories import KEYS

from services.keys.pin_keys import KeysMissing, PinKeys, create_pin_keys, load_pin_keys

if TYPE_CHECKING:
    from pathlib import Path

NUMBER = "1005668240"


def key_file(folder: Path, content: str) -> Path:
    file = folder / "keys.json"
    file.write_text(content)
    file.chmod(0o600)
    return file


def good() -> dict[str, object]:
    return {"number": 1, "digest_key": "aa" * 32, "encryption_key": "bb" * 32}


def test_keys_that_were_made_are_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = create_pin_keys(file)
    assert load_pin_keys(file) == keys
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["keys.json"]


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    keys = [create_pin_keys(tmp_path / name) for name in ("a", "b")]
    assert len({key.digest_key for key in keys} | {key.encryption_key for key in keys}) == 4


def test_an_existing_file_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = create_pin_keys(file)
    with pytest.raises(FileExistsError):
        create_pin_keys(file)
    assert load_pin_keys(file) == keys
    assert [found.name for found in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "keys.json"
    create_pin_keys(file)
    file.chmod(mode)
    with pytest.raises(KeysMissing, match="chmod 600"):
        load_pin_keys(file)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match="callingcard init"):
        load_pin_keys(tmp_path / "keys.json")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{}",
        "ključ",
        json.dumps(good() | {"digest_key": "no hex"}),
        json.dumps(good() | {"digest_key": None}),
        json.dumps(good() | {"digest_key": ""}),
        json.dumps(good() | {"digest_key": "aa" * 31}),
        json.dumps(good() | {"encryption_key": "bb" * 16}),
        json.dumps(good() | {"number": "1"}),
        json.dumps({"number": 1, "digest_key": "aa" * 32}),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    """A key cut short would be taken for a key: every PIN would be wrong, and new cards could not be read later."""
    file = key_file(tmp_path, content)
    with pytest.raises(KeysMissing, match="damaged"):
        load_pin_keys(file)


def test_a_digest_needs_the_key() -> None:
    other = PinKeys(1, b"x" * 32, KEYS.encryption_key)
    assert len(KEYS.digest("12345678")) == 32
    assert KEYS.digest("12345678") != other.digest("12345678") != KEYS.digest("12345679")


def test_the_printable_copy_opens_on_its_own_card_only() -> None:
    sealed = KEYS.encrypt("959261607855", NUMBER)
    assert KEYS.decrypt(sealed, NUMBER) == "959261607855"
    assert b"959261607855" not in sealed
    assert len(sealed) <= 64
    with pytest.raises(InvalidTag):
        KEYS.decrypt(sealed, "1005668241")
    with pytest.raises(InvalidTag):
        PinKeys(1, KEYS.digest_key, b"x" * 32).decrypt(sealed, NUMBER)


def test_one_pin_is_sealed_differently_each_time() -> None:
    assert KEYS.encrypt("12345678", NUMBER) != KEYS.encrypt("12345678", NUMBER)


def test_keys_do_not_show_themselves() -> None:
    assert "d" * 32 not in repr(KEYS)
    assert "e" * 32 not in repr(KEYS)

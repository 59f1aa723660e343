"""The keys of PINs and voucher codes, kept in a file outside the database: one finds a card by its PIN, one encrypts
the copy for print.
"""

import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12  # what AES-GCM asks for
FILE_MODE = 0o600


class KeysMissing(Exception):
    """There is no usable key file; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class PinKeys:
    """The newest keys; `number` is stored with each card. `older` are those that some card may still need, since a
    rotation is going on or the encrypted copy of a PIN was erased.
    """

    number: int
    digest_key: bytes = field(repr=False)
    encryption_key: bytes = field(repr=False)
    older: tuple["PinKeys", ...] = ()

    def __post_init__(self) -> None:
        """A key that was cut short would be taken for a key: every PIN would be wrong, and none be read later."""
        if {len(self.digest_key), len(self.encryption_key)} != {KEY_BYTES}:
            raise ValueError(f"a key of {KEY_BYTES} bytes is needed")
        if any(key.number >= self.number or key.older for key in self.older):
            raise ValueError("an older key has a lower number and no older ones of its own")

    def current(self) -> "PinKeys":
        """As a KeySource: keys that never change."""
        return self

    def live(self) -> Iterator["PinKeys"]:
        """Every key, the newest first."""
        yield self
        yield from self.older

    def digest(self, pin: str) -> bytes:
        """The lookup token of a PIN: without the key it cannot be tried against a stolen database."""
        return hmac.digest(self.digest_key, pin.encode(), "sha256")

    def digests(self, pin: str) -> list[bytes]:
        """The tokens by which a card with this PIN may stand in the database, one for each live key."""
        return [key.digest(pin) for key in self.live()]

    def digest_each(self, pins: Iterable[str]) -> list[bytes]:
        """The tokens of many PINs by the newest key."""
        key, digest = self.digest_key, hmac.digest
        return [digest(key, pin.encode(), "sha256") for pin in pins]

    def encrypt(self, pin: str, card_number: str) -> bytes:
        """Nonce and ciphertext; bound to the card number, so that a copy moved to another card does not open."""
        return self.encrypt_each([pin], [card_number])[0]

    def encrypt_each(self, pins: Sequence[str], card_numbers: Sequence[str]) -> list[bytes]:
        """The encrypted copies of many PINs, each bound to the card number in the same place."""
        seal, random = AESGCM(self.encryption_key).encrypt, os.urandom(NONCE_BYTES * len(pins))
        nonces = [random[place : place + NONCE_BYTES] for place in range(0, len(random), NONCE_BYTES)]
        return [
            nonce + seal(nonce, pin.encode(), number.encode())
            for nonce, pin, number in zip(nonces, pins, card_numbers, strict=True)
        ]

    def decrypt(self, encrypted: bytes, card_number: str) -> str:
        """The PIN, by whichever live key it was encrypted; InvalidTag where none of them opens it."""
        nonce, sealed = encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:]
        for key in self.older:
            try:
                return AESGCM(key.encryption_key).decrypt(nonce, sealed, card_number.encode()).decode()
            except InvalidTag:
                continue
        return AESGCM(self.encryption_key).decrypt(nonce, sealed, card_number.encode()).decode()


class KeySource(Protocol):
    """Gives the keys as they are now: fixed ones, or those of a file that a rotation replaces."""

    def current(self) -> PinKeys: ...


def load_pin_keys(file: Path) -> PinKeys:
    """The keys of an installation. A file that others may read is refused: every PIN hangs on it."""
    try:
        mode = file.stat().st_mode
        if mode & 0o077:
            raise KeysMissing(f"{file} can be read by others: run chmod 600 {file}")
        data = json.loads(file.read_text(encoding="ascii"))
        return _keys(data, tuple(_keys(older, ()) for older in data.get("older", ())))
    except FileNotFoundError as missing:
        raise KeysMissing(f"{file} does not exist: run callingcard init, or restore it from a backup") from missing
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise KeysMissing(f"{file} is damaged: restore it from a backup; without it no PIN is accepted") from broken


def create_pin_keys(file: Path) -> PinKeys:
    """New keys in a new file, written as a whole or not at all; an existing file is never replaced."""
    keys = new_keys(1)
    draft = write_draft(file, keys)
    try:
        os.link(draft, file)  # fails where a file exists: two first starts at once keep one key
    finally:
        draft.unlink()
    write_through(file.parent)
    return keys


def new_keys(number: int, older: tuple[PinKeys, ...] = ()) -> PinKeys:
    """Keys that never were before."""
    return PinKeys(number, secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES), older)


def _keys(data: dict[str, Any], older: tuple[PinKeys, ...]) -> PinKeys:
    if type(data["number"]) is not int:
        raise TypeError("the number of a key is a whole number")
    return PinKeys(data["number"], bytes.fromhex(data["digest_key"]), bytes.fromhex(data["encryption_key"]), older)


def _plain(keys: PinKeys) -> dict[str, object]:
    return {
        "number": keys.number,
        "digest_key": keys.digest_key.hex(),
        "encryption_key": keys.encryption_key.hex(),
        **({"older": [_plain(key) for key in keys.older]} if keys.older else {}),
    }


def write_draft(file: Path, keys: PinKeys) -> Path:
    """A file beside the one meant, on the disk with all its bytes."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as out:
        out.write(json.dumps(_plain(keys)))
        out.flush()
        os.fsync(out.fileno())
    return draft


def write_through(folder: Path) -> None:
    """A power cut after the first cards were made must not take the name of the file with it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

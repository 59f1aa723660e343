"""The keys of PINs, kept in a file outside the database: one finds a card by its PIN, one encrypts the copy for
print.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12  # what AES-GCM asks for
FILE_MODE = 0o600


class KeysMissing(Exception):
    """There is no usable key file; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class PinKeys:
    """The newest keys; `number` is stored with each card, so that a rotation knows what it has still to do."""

    number: int
    digest_key: bytes = field(repr=False)
    encryption_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """A key that was cut short would be taken for a key: every PIN would be wrong, and none be read later."""
        if {len(self.digest_key), len(self.encryption_key)} != {KEY_BYTES}:
            raise ValueError(f"a key of {KEY_BYTES} bytes is needed")

    def digest(self, pin: str) -> bytes:
        """The lookup token of a PIN: without the key it cannot be tried against a stolen database."""
        return hmac.digest(self.digest_key, pin.encode(), hashlib.sha256)

    def encrypt(self, pin: str, card_number: str) -> bytes:
        """Nonce and ciphertext; bound to the card number, so that a copy moved to another card does not open."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.encryption_key).encrypt(nonce, pin.encode(), card_number.encode())

    def decrypt(self, encrypted: bytes, card_number: str) -> str:
        nonce, sealed = encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:]
        return AESGCM(self.encryption_key).decrypt(nonce, sealed, card_number.encode()).decode()


def load_pin_keys(file: Path) -> PinKeys:
    """The keys of an installation. A file that others may read is refused: every PIN hangs on it."""
    try:
        mode = file.stat().st_mode
        if mode & 0o077:
            raise KeysMissing(f"{file} can be read by others: run chmod 600 {file}")
        data = json.loads(file.read_text(encoding="ascii"))
        return PinKeys(_whole(data["number"]), bytes.fromhex(data["digest_key"]), bytes.fromhex(data["encryption_key"]))
    except FileNotFoundError as missing:
        raise KeysMissing(f"{file} does not exist: run callingcard init, or restore it from a backup") from missing
    except (ValueError, KeyError, TypeError) as broken:
        raise KeysMissing(f"{file} is damaged: restore it from a backup; without it no PIN is accepted") from broken


def _whole(number: object) -> int:
    if not isinstance(number, int):
        raise TypeError("the number of a key is a whole number")
    return number


def create_pin_keys(file: Path) -> PinKeys:
    """New keys in a new file, written as a whole or not at all; an existing file is never replaced."""
    keys = PinKeys(1, secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))
    data = {"number": keys.number, "digest_key": keys.digest_key.hex(), "encryption_key": keys.encryption_key.hex()}
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as out:
        out.write(json.dumps(data))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)  # fails where a file exists: two first starts at once keep one key
    finally:
        draft.unlink()
    _write_through(file.parent)
    return keys


def _write_through(folder: Path) -> None:
    """A power cut after the first cards were made must not take the name of the file with it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The codes of vouchers: drawn at random, looked up by keyed digest, kept as an encrypted copy; like PINs, but never
equal to one in the database.
"""

from services.keys.pin_keys import PinKeys
from services.series.random_digits import distinct_digits

CODE_LENGTH_MIN = 12
CODE_LENGTH_MAX = 16


def drawn_codes(keys: PinKeys, quantity: int, length: int) -> dict[bytes, str]:
    """Different codes from the operating system's secure source, by their digests."""
    codes = distinct_digits(quantity, length)
    return dict(zip(keys.digest_each(_told(code) for code in codes), codes, strict=True))


def could_be_code(keyed: str) -> bool:
    return keyed.isascii() and keyed.isdigit() and CODE_LENGTH_MIN <= len(keyed) <= CODE_LENGTH_MAX


def code_digests(keys: PinKeys, code: str) -> list[bytes]:
    """The tokens by which a voucher with this code may stand in the database, one for each live key."""
    return keys.digests(_told(code))


def encrypted_codes(keys: PinKeys, codes: list[str], batch_id: int, serials: range) -> list[bytes]:
    return keys.encrypt_each(codes, [_place(batch_id, serial) for serial in serials])


def decrypted_code(keys: PinKeys, encrypted: bytes, batch_id: int, serial: int) -> str:
    return keys.decrypt(encrypted, _place(batch_id, serial))


def _told(code: str) -> str:
    """What is digested: a voucher and a card with the same digits do not show it."""
    return f"voucher:{code}"


def _place(batch_id: int, serial: int) -> str:
    """What an encrypted copy is bound to: moved to another voucher it does not open."""
    return f"voucher:{batch_id}:{serial}"

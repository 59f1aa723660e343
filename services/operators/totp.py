"""Codes of the second factor (TOTP, RFC 6238): the secret, as it is stored, and which step a code belongs to."""

from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag

from services.keys.pin_keys import PinKeys

ISSUER = "Callingcard"
STEP_SECONDS = 30
STEPS_ASIDE = 1  # a telephone's clock may be half a minute off
DIGITS = 6


class SecretUnreadable(Exception):
    """The secret was sealed by a key that is gone, or belongs to another operator."""


def new_secret() -> str:
    """Of 160 bits, in base32, as apps take it."""
    return pyotp.random_base32()


def app_address(secret: str, name: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def find_step(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The step that the code belongs to, later than the last one that was used; None where the code is wrong or old."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - STEPS_ASIDE, current + STEPS_ASIDE + 1):
        is_right = pyotp.utils.strings_equal(code, totp.generate_otp(step))
        if is_right and step > after:
            found = step
    return found


def sealed_secret(keys: PinKeys, operator_id: int, secret: str) -> bytes:
    """Bound to the operator, so that a copy moved to another one does not open."""
    return keys.encrypt(secret, _owner(operator_id))


def open_secret(keys: PinKeys, operator_id: int, sealed: bytes) -> str:
    try:
        return keys.decrypt(sealed, _owner(operator_id))
    except InvalidTag as unreadable:
        raise SecretUnreadable(
            "The second factor cannot be read: its key is not in the key file. callingcard operator reset-2fa"
        ) from unreadable


def _owner(operator_id: int) -> str:
    return f"operator:{operator_id}"

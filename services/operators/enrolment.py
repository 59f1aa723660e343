"""A second factor that is being set up: its secret travels with the form, sealed for one operator and a short while,
so that nothing stands in the database before a code has proved that the app has it.
"""

import base64
import binascii
from datetime import datetime

from cryptography.exceptions import InvalidTag

from services.keys.pin_keys import PinKeys
from services.operators.totp import new_secret

ENROLMENT_SECONDS_MAX = 1_800


def draw_enrolment(keys: PinKeys, operator_id: int, now: datetime) -> tuple[str, str]:
    """A new secret, in clear for the page and sealed for the form."""
    secret = new_secret()
    sealed = keys.encrypt(f"{int(now.timestamp())} {secret}", _owner(operator_id))
    return secret, base64.urlsafe_b64encode(sealed).decode()


def find_enrolment(keys: PinKeys, operator_id: int, sealed: str, now: datetime) -> str | None:
    """The secret; None where the form is too old, damaged, or was given to somebody else."""
    try:
        drawn_at, secret = keys.decrypt(base64.urlsafe_b64decode(sealed), _owner(operator_id)).split(" ")
    except (InvalidTag, binascii.Error, ValueError):
        return None
    return secret if now.timestamp() - int(drawn_at) < ENROLMENT_SECONDS_MAX else None


def _owner(operator_id: int) -> str:
    return f"enrolment:{operator_id}"

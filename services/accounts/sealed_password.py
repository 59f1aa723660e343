"""The password of an account as it is stored: encrypted, since SIP and RADIUS need it in clear (JA-32)."""

from cryptography.exceptions import InvalidTag

from services.keys.pin_keys import PinKeys


class PasswordUnreadable(Exception):
    """The password was sealed by a key that is gone, or belongs to another account."""


def seal_password(keys: PinKeys, account_id: int, password: str) -> dict[str, object]:
    """The columns of the account; bound to its id, so that a copy moved to another account does not open."""
    return {"password_sealed": sealed_password(keys, account_id, password), "password_key": keys.number}


def sealed_password(keys: PinKeys, account_id: int, password: str) -> bytes:
    return keys.encrypt(password, _owner(account_id))


def open_password(keys: PinKeys, account_id: int, sealed: bytes) -> str:
    try:
        return keys.decrypt(sealed, _owner(account_id))
    except InvalidTag as unreadable:
        raise PasswordUnreadable(f"the password of account {account_id} cannot be read: set a new one") from unreadable


def _owner(account_id: int) -> str:
    return f"account:{account_id}"

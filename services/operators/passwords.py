"""Passwords of operators: what is accepted as one, and argon2id around it."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_MIN = 12
LENGTH_MAX = 200  # argon2 would hash a megabyte as well
_HASHER = PasswordHasher()
# Compared where no operator has the name, so that an unknown one takes as long as a wrong password.
_NOBODY = _HASHER.hash("nobody signs in with this")


class PasswordRefused(ValueError):
    """The password cannot be taken; the sentence says what to change."""


def password_hash(password: str, name: str) -> str:
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise PasswordRefused(f"The password has {len(password)} characters: choose {LENGTH_MIN} to {LENGTH_MAX}.")
    if name.casefold() in password.casefold():
        raise PasswordRefused("The password holds the operator's name: choose one that does not.")
    if len(set(password)) < 5:
        raise PasswordRefused("The password repeats itself: choose one of more different characters.")
    return _HASHER.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Takes the same time whether or not there is a password to compare with."""
    try:
        _HASHER.verify(stored or _NOBODY, password[:LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None

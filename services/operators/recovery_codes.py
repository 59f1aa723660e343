"""Recovery codes: ten, shown once, each good once, for whoever has lost the telephone. Digests alone are kept."""

import hashlib
import secrets

CODES = 10
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # nothing that is read as something else
LENGTH = 16  # 78 bits: no digest of one can be turned back by trying
GROUP = 4


def new_codes() -> list[str]:
    drawn = ("".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(CODES))
    return ["-".join(code[place : place + GROUP] for place in range(0, LENGTH, GROUP)) for code in drawn]


def code_digest(code: str) -> str:
    """The same however it was typed: small letters, blanks and dashes do not matter."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"recovery:{plain}".encode()).hexdigest()

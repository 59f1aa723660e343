"""One file in a ZIP that opens by a password only: AES-256 as 7-Zip, WinZip and macOS' Archive Utility know it."""

import secrets
import shutil
import string
from pathlib import Path
from typing import Final

from pyzipper import WZ_AES, ZIP_DEFLATED, AESZipFile

DRAWN_CHARACTERS: Final = 20  # 119 bits
GIVEN_CHARACTERS_MIN: Final = 16  # the format derives its key by 1,000 rounds only, and may be tried offline
GIVEN_CHARACTERS_MAX: Final = 80
SIGNS: Final = string.ascii_letters + string.digits
COPIED_BYTES: Final = 1 << 20


class ZipPasswordRefused(ValueError):
    """This password is not taken; the sentence says what one looks like."""


def drawn_zip_password() -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(DRAWN_CHARACTERS))


def usable_zip_password(given: str) -> str:
    """Other signs than ASCII's are read in different ways by the programs that open it."""
    is_plain = given.isascii() and given.isprintable() and given == given.strip()
    if not (is_plain and GIVEN_CHARACTERS_MIN <= len(given) <= GIVEN_CHARACTERS_MAX):
        raise ZipPasswordRefused(
            f"The password of a ZIP has {GIVEN_CHARACTERS_MIN} to {GIVEN_CHARACTERS_MAX} letters, digits and signs: "
            "whoever has the file may try passwords as fast as a machine can. Or let one be drawn."
        )
    return given


def zip_in_place(file: Path, name: str, password: str) -> None:
    """`file` becomes a ZIP that holds what it was, as `name`, with the same mode; the plain one is gone."""
    sealed = file.with_name(f"{file.name}.zip")
    sealed.unlink(missing_ok=True)  # of a run that was killed
    try:
        sealed.touch(mode=0o600, exist_ok=False)
        with AESZipFile(sealed, "w", compression=ZIP_DEFLATED, encryption=WZ_AES) as out:
            out.setpassword(password.encode("ascii"))
            out.setencryption(WZ_AES, nbits=256)
            with file.open("rb") as plain, out.open(name, "w", force_zip64=True) as member:
                shutil.copyfileobj(plain, member, COPIED_BYTES)
        sealed.replace(file)
    finally:
        sealed.unlink(missing_ok=True)

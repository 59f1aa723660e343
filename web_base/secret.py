"""The secret that signs a door's cookies: made once, kept beside the keys, the same for all its workers."""

import os
import secrets
from pathlib import Path

SECRET_BYTES = 48
FILE_MODE = 0o600


def cookie_secret(file: Path) -> str:
    """Two first starts at once keep one secret: a link fails where a file exists."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secrets.token_urlsafe(SECRET_BYTES))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass  # another worker was first: its secret is taken
        finally:
            draft.unlink()
    if file.stat().st_mode & 0o077:
        raise PermissionError(f"{file} can be read by others: run chmod 600 {file}")
    return file.read_text(encoding="ascii")

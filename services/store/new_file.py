"""New files for what leaves the platform: for their owner's eyes, whole or not at all, never in place of another one
unasked.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.keys.pin_keys import FILE_MODE, write_through


class FileStands(Exception):
    """There is a file of this name; the sentence says what to do."""


@contextmanager
def new_file(target: Path, *, replaces: bool = False) -> Iterator[Path]:
    """A file beside `target`, to be written in the block; then it takes that name. An error leaves nothing behind."""
    refuse_standing(target, replaces=replaces)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
    try:
        yield draft
        write_through(draft)
        _name(draft, target, replaces=replaces)
    finally:
        draft.unlink(missing_ok=True)
    write_through(target.parent)


def refuse_standing(target: Path, *, replaces: bool) -> None:
    """Before anything is asked or read: the work may take a minute."""
    if not replaces and os.path.lexists(target):
        raise FileStands(f"{target} exists already: choose another name, or replace it with --force.")


def _name(draft: Path, target: Path, *, replaces: bool) -> None:
    if replaces:
        draft.replace(target)
        return
    try:
        os.link(draft, target)  # fails where a file has come meanwhile
    except FileExistsError:
        refuse_standing(target, replaces=False)
    except OSError:  # a file system without links
        refuse_standing(target, replaces=False)
        draft.replace(target)

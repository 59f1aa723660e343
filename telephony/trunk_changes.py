"""What a new set of trunk files would change on a running Asterisk, told without its passwords."""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APPLIED: Final = "trunks.applied"  # beside etc/: the digest of the files that Asterisk has read
_SECRET_LINE: Final = re.compile(r"^((?:password|secret) = )(.*)$|^(register => [^:]*:)(.*)(@.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that would be written anew, as a unified diff."""

    name: str
    diff: str


@dataclass(frozen=True, slots=True)
class TrunkChanges:
    """`is_unread`: the files stand there already, but Asterisk was not made to read them (an apply that was killed)."""

    files: tuple[FileChange, ...]
    is_unread: bool

    @property
    def is_any(self) -> bool:
        return bool(self.files) or self.is_unread


def trunk_changes(etc: Path, wanted: Mapping[str, str]) -> TrunkChanges:
    files = tuple(
        FileChange(name, _diff(name, before, text))
        for name, text in sorted(wanted.items())
        if (before := read_file(etc / name)) != text
    )
    read = read_file(_stamp(etc))
    return TrunkChanges(files, is_unread=not files and read != digest_of(wanted))


def mark_read(etc: Path, files: Mapping[str, str]) -> None:
    """Note that Asterisk has read these files: at its boot, or by a reload that went well."""
    _stamp(etc).write_text(digest_of(files))


def read_file(file: Path) -> str | None:
    """None where there is none."""
    try:
        return file.read_text()
    except FileNotFoundError:
        return None


def without_secrets(text: str, known: frozenset[str] = frozenset()) -> str:
    """The text with its passwords left out; one that is not among the known ones is marked as new."""

    def mask(found: re.Match[str]) -> str:
        before, secret, after = (found[1], found[2], "") if found[1] else (found[3], found[4], found[5])
        return f"{before}{'(secret)' if not known or secret in known else '(new secret)'}{after}"

    return _SECRET_LINE.sub(mask, text)


def digest_of(files: Mapping[str, str]) -> str:
    return hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in sorted(files.items())).encode()).hexdigest()


def _stamp(etc: Path) -> Path:
    return etc.parent / APPLIED


def _diff(name: str, before: str | None, after: str) -> str:
    known = frozenset(found[2] or found[4] for found in _SECRET_LINE.finditer(before or ""))
    old = without_secrets(before or "").splitlines()
    new = without_secrets(after, known | {""}).splitlines()
    return "\n".join(difflib.unified_diff(old, new, name, name, n=1, lineterm=""))

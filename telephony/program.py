"""Finds an Asterisk to run: the folder named, else the system's if it is new enough, else a fetched copy."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

OLDEST_MAJOR: Final = 20
SYSTEM_ROOT: Final = Path("/")
FETCHED_FOLDER: Final = "asterisk"  # under the state folder
_VERSION_SECONDS_MAX: Final = 10
_SYSTEM_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
_MODULE_FOLDERS: Final = ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules")
_DATA_FOLDERS: Final = ("usr/share/asterisk", "var/lib/asterisk")


class AsteriskNotFound(Exception):
    """No usable Asterisk; the message says what to do."""


@dataclass(frozen=True, slots=True, order=True)
class AsteriskVersion:
    """Major, minor and patch number; those that the text leaves out are 0."""

    major: int
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read "Asterisk 22.10.1+dfsg" or "Asterisk certified/20.7-cert3"; None when no number stands in it."""
        found = re.search(r"Asterisk\s+(?:certified[/-])?(\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
        return cls(*(int(part or 0) for part in found.groups())) if found else None


@dataclass(frozen=True, slots=True)
class AsteriskProgram:
    """An Asterisk that can be run: `command` is put before Asterisk's own arguments."""

    root: Path
    command: tuple[str, ...]
    version: AsteriskVersion
    modules: Path
    data: Path


def find_asterisk(*, root: Path | None, state: Path | None = None) -> AsteriskProgram:
    """Return the Asterisk to use: `root` if given, else the system's, else the copy fetched into `state`."""
    if root is not None:
        return program_at(root)
    try:
        return program_at(SYSTEM_ROOT)
    except AsteriskNotFound as system:
        fetched = state / FETCHED_FOLDER if state else None
        if fetched is None or not fetched.exists():
            raise AsteriskNotFound(f"{system}: run `callingcard asterisk fetch`, or name one by its folder") from None
        return program_at(fetched)


def program_at(root: Path) -> AsteriskProgram:
    """Return the Asterisk under `root`; "/" means the one that the system installed."""
    root = root.resolve()
    command = _system_command() if root == SYSTEM_ROOT else _private_command(root)
    version = _version_of(command)
    if version is None or version.major < OLDEST_MAJOR:
        raise AsteriskNotFound(f"Asterisk {OLDEST_MAJOR} or newer is needed, {root} has {version or 'none that runs'}")
    modules = _first_folder(root, _MODULE_FOLDERS)
    if modules is None:
        raise AsteriskNotFound(f"{root} has no folder of Asterisk modules")
    return AsteriskProgram(root, command, version, modules, _first_folder(root, _DATA_FOLDERS) or root)


def _system_command() -> tuple[str, ...]:
    program = shutil.which("asterisk", path=_SYSTEM_PATH)
    if program is None:
        raise AsteriskNotFound("this machine has no Asterisk")
    return (program,)


def _private_command(root: Path) -> tuple[str, ...]:
    """Run it through its own loader and libraries, so that the machine's C library does not matter."""
    binary = root / "usr/sbin/asterisk"
    if not binary.exists():
        raise AsteriskNotFound(f"no Asterisk under {root}")
    for loader in sorted(root.glob("usr/lib/*/ld-linux*.so.*")):
        return (str(loader), "--library-path", f"{loader.parent}:{root / 'usr/lib'}", str(binary))
    return (str(binary),)


def _version_of(command: tuple[str, ...]) -> AsteriskVersion | None:
    try:
        done = subprocess.run(
            [*command, "-V"], capture_output=True, text=True, timeout=_VERSION_SECONDS_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return AsteriskVersion.parse(done.stdout)


def _first_folder(root: Path, patterns: tuple[str, ...]) -> Path | None:
    return next((folder for pattern in patterns for folder in sorted(root.glob(pattern)) if folder.is_dir()), None)

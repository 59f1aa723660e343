"""The Asterisks that the watcher asks: the private one of this installation, or those of a file."""

from __future__ import annotations

import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from telephony.ami import AmiUser
from telephony.instance import InstanceRefused, read_instance

if TYPE_CHECKING:
    from collections.abc import Sequence

PRIVATE_NAME: Final = "platform"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_SYSTEM_NAME: Final = re.compile(r"^systemname = ([A-Za-z0-9_.-]{1,40})$", re.MULTILINE)
_PORTS: Final = range(1, 65536)
_KEYS: Final = frozenset({"host", "port", "watcher_secret", "console_secret", "cel_file"})


class WatchedRefused(Exception):
    """The file cannot be used; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class WatchedAsterisk:
    """One Asterisk: its two AMI users (asterisk.md 11.3), and its event log where this machine can read that."""

    name: str
    host: str
    port: int
    watcher_secret: str = field(repr=False)
    console_secret: str = field(repr=False)
    cel_file: Path | None = None

    @property
    def console(self) -> AmiUser:
        """Who may hang a call up."""
        return AmiUser(self.port, "console", self.console_secret, self.host)


def private_asterisk(folder: Path) -> WatchedAsterisk:
    """The private instance in `folder`; raises InstanceRefused when there is none."""
    instance = read_instance(folder)
    secrets = instance.secrets
    name, port = _system_name(instance.etc / "asterisk.conf"), instance.ami_port
    return WatchedAsterisk(name, "127.0.0.1", port, secrets["watcher"], secrets["console"], instance.cel_file)


def _system_name(file: Path) -> str:
    """As Asterisk itself reads it: calls carry it."""
    try:
        found = _SYSTEM_NAME.search(file.read_text())
    except OSError:
        return PRIVATE_NAME
    return found[1] if found else PRIVATE_NAME


def watched_asterisks(file: Path | None, private_folder: Path) -> Sequence[WatchedAsterisk]:
    """Those of the file, a table for each in TOML; without a file the private one."""
    if file is not None:
        return read_watched(file)
    try:
        return [private_asterisk(private_folder)]
    except InstanceRefused as none:
        raise WatchedRefused(
            f"There is no Asterisk to watch: {none}. Run callingcard up, or set CALLINGCARD_ASTERISKS_FILE"
        ) from none


def read_watched(file: Path) -> list[WatchedAsterisk]:
    """Refuses what it does not know: a mistyped key would leave an Asterisk unwatched."""
    try:
        mode = file.stat().st_mode
        tables = tomllib.loads(file.read_text())
    except (OSError, ValueError) as unreadable:
        raise WatchedRefused(f"{file} cannot be read ({unreadable}): correct it") from unreadable
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WatchedRefused(f"{file} holds secrets and others may read it: chmod 600 {file}")
    if not tables:
        raise WatchedRefused(f"{file} names no Asterisk: give each a table, such as [north]")
    return [_watched(file, name, table) for name, table in tables.items()]


def _watched(file: Path, name: str, table: Any) -> WatchedAsterisk:  # noqa: ANN401 (whatever TOML can hold)
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise WatchedRefused(f"{file}: {name!r} is no table with a name of letters, digits, _ . - (at most 40)")
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise WatchedRefused(
            f"{file}: [{name}] has unknown keys: {', '.join(unknown)}. Known: {', '.join(sorted(_KEYS))}"
        )
    try:
        port = table.get("port", 5038)
        secrets = str(table["watcher_secret"]), str(table["console_secret"])
    except KeyError as missing:
        raise WatchedRefused(f"{file}: [{name}] needs {missing}") from missing
    if port not in _PORTS:
        raise WatchedRefused(f"{file}: [{name}] has port {port!r}: give one of 1 to 65535")
    cel_file = Path(str(table["cel_file"])) if table.get("cel_file") else None
    return WatchedAsterisk(name, str(table.get("host", "127.0.0.1")), port, *secrets, cel_file)

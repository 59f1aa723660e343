"""A private state of apt: an empty machine that knows one suite of one mirror, used by any user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

UPDATE_SECONDS_MAX: Final = 180
DOWNLOAD_SECONDS_MAX: Final = 1800
_KEYRINGS: Final = ("debian-archive-keyring.pgp", "debian-archive-keyring.gpg")
# The machine's own settings that a download needs: proxy, retries.
_KEPT_SETTINGS: Final = re.compile(r"Acquire::(http|https|Retries|ForceIPv)")
_MIRROR: Final = re.compile(r"[a-z+]+:(//)?[A-Za-z0-9./:_@~%-]+")


class AptFailed(Exception):
    """apt could not do it; the message is one sentence that says what to do."""


def machine_mirror() -> str:
    """The Debian mirror of this machine's own apt sources."""
    _require_programs()
    codename = _codename()
    for line in _output(["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]):
        release, _, address = line.partition(" ")
        if release in {codename, "stable", "testing", "sid"} and "security" not in address:
            return address
    raise AptFailed("this machine's apt sources name no Debian mirror: name one, or install Asterisk 20 or newer")


class PrivateApt:
    """apt with a state of its own in `folder`; its package status is empty, so every dependency is fetched."""

    def __init__(self, folder: Path, mirror: str, suite: str) -> None:
        _require_programs()
        if not _MIRROR.fullmatch(mirror) or not suite.isalnum():
            raise AptFailed(f"{mirror} {suite} is no Debian mirror and suite")
        self._folder, self._mirror, self._suite = folder, mirror, suite
        self._write_state()

    def update(self) -> None:
        """Read the lists of packages, their signatures checked as always."""
        self._run(["update"], UPDATE_SECONDS_MAX, f"the package lists of {self._suite} could not be read")

    def download(self, package: str, on_percent: Callable[[int], None]) -> list[Path]:
        """Download the package with all it depends on; returns the archives."""
        problem = f"{package} could not be downloaded from {self._suite}"
        self._run(["-y", "--download-only", "install", package], DOWNLOAD_SECONDS_MAX, problem, on_percent)
        archives = sorted((self._folder / "cache" / "archives").glob("*.deb"))
        if not archives:
            raise AptFailed(problem)
        return archives

    def _write_state(self) -> None:
        folder = self._folder
        for name in ("etc/preferences.d", "etc/apt.conf.d", "state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        keyring = _keyring()
        trusted = f"[signed-by={keyring}] " if keyring else ""
        (folder / "etc" / "sources.list").write_text(f"deb {trusted}{self._mirror} {self._suite} main\n")
        kept = [line for line in _output(["apt-config", "dump"]) if _KEPT_SETTINGS.match(line)]
        (folder / "apt.conf").write_text("\n".join([*kept, *self._settings()]) + "\n")

    def _settings(self) -> list[str]:
        folder = self._folder
        return [
            f'Dir::State "{folder}/state"; Dir::State::status "{folder}/status"; Dir::Cache "{folder}/cache";',
            f'Dir::Etc "{folder}/etc"; Dir::Etc::sourcelist "{folder}/etc/sources.list";',
            'Dir::Etc::sourceparts "/dev/null";',
            # the lists of an old snapshot are past their date; signatures are still checked
            'Acquire::Check-Valid-Until "false"; Acquire::Languages "none"; APT::Install-Recommends "false";',
            'APT::Sandbox::User ""; Debug::NoLocking "true";',
        ]

    def _run(
        self,
        arguments: list[str],
        seconds_max: int,
        problem: str,
        on_percent: Callable[[int], None] | None = None,
    ) -> None:
        """Run apt-get; its progress comes as lines `dlstatus:FILES:PERCENT:TEXT` on a pipe of its own."""
        log = self._folder / "log"
        reading, writing = os.pipe()
        with os.fdopen(reading) as status, log.open("wb") as output:
            command = ["timeout", str(seconds_max), "apt-get", "-q", "-o", f"APT::Status-Fd={writing}", *arguments]
            with subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(writing,),
                env={**os.environ, "APT_CONFIG": str(self._folder / "apt.conf"), "LC_ALL": "C"},
            ) as apt:
                os.close(writing)
                for line in status:
                    percent = re.match(r"dlstatus:\d+:(\d+)", line)
                    if percent and on_percent:
                        on_percent(int(percent[1]))
        if apt.returncode or (arguments == ["update"] and "Failed to fetch" in log.read_text(errors="replace")):
            raise AptFailed(f"{problem}: {_last_complaint(log)}; check the network, or name another mirror")


def _require_programs() -> None:
    for name in ("apt-get", "apt-config", "dpkg-deb", "tar", "timeout"):
        if shutil.which(name) is None:
            raise AptFailed(f"this machine has no {name}: install Asterisk 20 or newer and name its folder")


def _codename() -> str:
    try:
        found = re.search(r"^VERSION_CODENAME=\"?(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""


def _keyring() -> Path | None:
    folders = (Path("/usr/share/keyrings"), Path("/etc/apt/trusted.gpg.d"))
    return next((folder / name for folder in folders for name in _KEYRINGS if (folder / name).exists()), None)


def _output(command: list[str]) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout.splitlines()


def _last_complaint(log: Path) -> str:
    lines = [line[2:].strip() for line in log.read_text(errors="replace").splitlines() if line[:2] in {"E:", "W:"}]
    reasons = [line for line in lines if not line.startswith("Some index files")]
    return reasons[-1].rstrip(".") if reasons else "apt gave no reason"

"""Fetches a private copy of Asterisk by the machine's own apt: no root, no script, nothing outside its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telephony.apt import AptFailed, PrivateApt, machine_mirror
from telephony.program import AsteriskNotFound, AsteriskProgram, program_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE: Final = "asterisk"  # no sound pack: every prompt is our own
SUITE: Final = "forky"  # the Debian suite that carries Asterisk 22
_SPACE_BYTES_MIN: Final = 700_000_000  # 80 MB of archives, 270 MB unpacked, and room for lists
_UNPACK_SECONDS_MAX: Final = 120


class FetchFailed(Exception):
    """Asterisk could not be fetched; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """What is being done, and how much of it: `percent` is None when that is not known."""

    step: str
    percent: int | None = None


def fetch_asterisk(
    folder: Path,
    *,
    mirror: str | None = None,
    suite: str = SUITE,
    progress: Callable[[FetchProgress], None] = lambda _: None,
) -> AsteriskProgram:
    """Unpack Asterisk into `folder`, all or nothing, and return it; a copy that stands there already is kept.

    `mirror` is a Debian mirror; without it the one of this machine's apt sources is used.
    """
    try:
        return program_at(folder)
    except AsteriskNotFound:
        pass
    if folder.exists() and any(folder.iterdir()):
        raise FetchFailed(f"{folder} is not empty and holds no Asterisk that runs: remove it, or name another folder")
    _require_space(folder)
    try:
        with _draft_folder(folder) as draft:
            _fill(draft, mirror or machine_mirror(), suite, progress)
            return _put_in_place(draft, folder)
    except (AptFailed, AsteriskNotFound) as reason:
        raise FetchFailed(str(reason)) from reason


def _fill(draft: Path, mirror: str, suite: str, progress: Callable[[FetchProgress], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="callingcard-apt-") as state:
        apt = PrivateApt(Path(state), mirror, suite)
        progress(FetchProgress("reading the lists of packages"))
        apt.update()
        progress(FetchProgress("downloading", 0))
        archives = apt.download(PACKAGE, lambda percent: progress(FetchProgress("downloading", percent)))
        _lay_out_merged_usr(draft)
        for number, archive in enumerate(archives):
            progress(FetchProgress("unpacking", number * 100 // len(archives)))
            _unpack(archive, draft)
    program_at(draft)  # it runs, or it is not put in place
    progress(FetchProgress("unpacking", 100))


def _put_in_place(draft: Path, folder: Path) -> AsteriskProgram:
    """Rename the whole copy: nobody ever sees half of one. Where another was quicker, theirs is used."""
    try:
        draft.rename(folder)
    except OSError:
        return program_at(folder)
    return program_at(folder)


@contextmanager
def _draft_folder(folder: Path) -> Iterator[Path]:
    """A folder beside the wanted one, so that the rename stays on one disk; removed if anything fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    draft.chmod(0o755)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _require_space(folder: Path) -> None:
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < _SPACE_BYTES_MIN:
        raise FetchFailed(f"{existing} has {free // 1_000_000} MB free, Asterisk needs {_SPACE_BYTES_MIN // 1_000_000}")


def _lay_out_merged_usr(draft: Path) -> None:
    """bin, sbin and lib are links into usr, as Debian's base files lay them out."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (draft / "usr" / name).mkdir(parents=True, exist_ok=True)
        (draft / name).symlink_to(f"usr/{name}")


def _unpack(archive: Path, draft: Path) -> None:
    """Only the files: no package script runs, and no owner is kept."""
    tar = ["tar", "-x", "-C", str(draft), "--no-same-owner", "--no-same-permissions", "--keep-directory-symlink"]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as files:
        done = subprocess.run(
            tar, stdin=files.stdout, capture_output=True, text=True, timeout=_UNPACK_SECONDS_MAX, check=False
        )
    if done.returncode or files.returncode:
        raise FetchFailed(
            f"{archive.name} could not be unpacked: {(done.stderr.strip().splitlines() or ['broken'])[-1]}"
        )
    os.unlink(archive)  # noqa: PTH108  -- half the space while unpacking

"""What is wrong with an Asterisk that is to carry prepaid calls, and the cure of each thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from telephony.boot import missing_modules
from telephony.program import AsteriskProgram, AsteriskVersion
from telephony.settings_file import Section, sections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

# The last security release of a branch.
SAFE_VERSIONS: Final = {22: AsteriskVersion(22, 10, 1)}
# Prompts that the dialplan itself plays; the call server checks its own catalogue.
DIALPLAN_PROMPTS: Final = ("service-unavailable", "call-ends-soon")
_RIGHTS_REFUSED: Final = frozenset({"system", "command", "config", "all", "originate"})
_LOOPBACK: Final = "127.0.0.1"
_YES: Final = frozenset({"yes", "true", "1", "on"})


class Severity(StrEnum):
    """How bad a finding is: an error costs money or lets strangers in, a warning may."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what to do."""

    severity: Severity
    what: str
    cure: str


def check_asterisk(
    program: AsteriskProgram,
    etc: Path,
    *,
    prompts: Path,
    languages: Iterable[str],
    console: Callable[[str], str] | None = None,
) -> list[Finding]:
    """Return all findings; `console` asks a running Asterisk, without it modules are not checked."""
    return [
        *check_version(program.version),
        *(check_modules(etc, console) if console else ()),
        *check_prompts(prompts, languages),
        *check_endpoints(etc / "pjsip.conf"),
        *check_manager(etc / "manager.conf"),
        *check_options(etc / "asterisk.conf"),
        *check_logger(etc / "logger.conf"),
    ]


def check_version(version: AsteriskVersion) -> Iterator[Finding]:
    safe = SAFE_VERSIONS.get(version.major)
    if safe and version < safe:
        yield Finding(Severity.WARNING, f"Asterisk {version} lacks security fixes", f"update to {safe} or newer")


def check_modules(etc: Path, console: Callable[[str], str]) -> Iterator[Finding]:
    """Modules of our list that do not run; with `load =` Asterisk boots without them and says nothing."""
    if not console("core show version"):
        yield Finding(Severity.ERROR, "Asterisk does not answer on its console", "start it")
        return
    for name in missing_modules(etc, console):
        yield Finding(Severity.ERROR, f"module {name} does not run", f"asterisk -rx 'module load {name}' tells why")


def check_prompts(folder: Path, languages: Iterable[str]) -> Iterator[Finding]:
    for language in languages:
        for name in DIALPLAN_PROMPTS:
            file = folder / language / f"{name}.wav"
            if not file.exists():
                yield Finding(Severity.ERROR, f"prompt {file} is missing", "callingcard prompts build")


def check_endpoints(pjsip: Path) -> Iterator[Finding]:
    """Endpoints on which a dead caller or a dead carrier would burn a card down."""
    found = [section for section in _read(pjsip) if not section.is_template]
    addresses = {section.name: section for section in found if section.settings.get("type") == "aor"}
    for section in found:
        if section.settings.get("type") != "endpoint":
            continue
        yield from _endpoint_findings(section)
        aor = addresses.get(section.settings.get("aors", ""))
        if _is_dialled(aor) and aor and aor.settings.get("qualify_frequency", "0") == "0":
            yield Finding(
                Severity.WARNING,
                f"nobody asks whether carrier {section.name} lives: a dead one costs its whole ring time",
                f"set qualify_frequency=10 on aor {aor.name}",
            )
        if _is_dialled(aor) and section.settings.get("timers") != "always":
            yield Finding(
                Severity.ERROR,
                f"carrier {section.name} keeps a call up for ever when Asterisk dies",
                "set timers=always and timers_sess_expires=90",
            )


def check_manager(manager: Path) -> Iterator[Finding]:
    """AMI bound to the world, and users who may do more than callingcard needs."""
    for section in _read(manager):
        if section.name == "general":
            yield from _manager_general(section)
            continue
        written = {right.strip() for right in section.settings.get("write", "").split(",")}
        if too_many := sorted(written & _RIGHTS_REFUSED):
            what = f"AMI user {section.name} has {', '.join(too_many)}: it can run shell commands or place calls"
            yield Finding(Severity.WARNING, what, "take these rights away; callingcard needs reporting and call only")
        if "permit" not in section.settings:
            cure = "set deny=0.0.0.0/0.0.0.0 and permit=127.0.0.1/255.255.255.255"
            yield Finding(Severity.WARNING, f"AMI user {section.name} may come from anywhere", cure)


def check_options(asterisk: Path) -> Iterator[Finding]:
    for section in _read(asterisk):
        if section.name == "options" and section.settings.get("live_dangerously", "no") in _YES:
            cure = "set live_dangerously=no in asterisk.conf"
            yield Finding(Severity.ERROR, "AMI may run shell commands through dialplan functions", cure)


def check_logger(logger: Path) -> Iterator[Finding]:
    for section in _read(logger):
        for target, levels in section.settings.items():
            if section.name == "logfiles" and {"dtmf", "*"} & {level.strip() for level in levels.split(",")}:
                cure = "remove the level from logger.conf, and the file"
                yield Finding(Severity.ERROR, f"log {target} writes the digits of PINs (level dtmf)", cure)


def _endpoint_findings(section: Section) -> Iterator[Finding]:
    if section.settings.get("rtp_timeout", "0") == "0":
        what = f"endpoint {section.name} never notices a side that died: it is billed up to the limit"
        yield Finding(Severity.ERROR, what, "set rtp_timeout=60")
    if section.settings.get("allow_transfer", "yes") in _YES:
        what = f"endpoint {section.name} may be transferred: the call goes on outside Dial, without limit and unbilled"
        yield Finding(Severity.ERROR, what, "set allow_transfer=no")
    if section.settings.get("timers") in {"no", "forced"}:
        what = f"endpoint {section.name} has session timers off"
        yield Finding(Severity.WARNING, what, "set timers=yes, on carriers timers=always")


def _manager_general(section: Section) -> Iterator[Finding]:
    bound = section.settings.get("bindaddr", "0.0.0.0")  # noqa: S104  -- Asterisk's default is what is reported
    if section.settings.get("enabled", "no") in _YES and bound != _LOOPBACK:
        yield Finding(Severity.ERROR, f"AMI listens on {bound}", f"set bindaddr={_LOOPBACK} in manager.conf")
    if section.settings.get("webenabled", "no") in _YES:
        yield Finding(Severity.WARNING, "AMI answers over HTTP", "set webenabled=no in manager.conf")


def _is_dialled(aor: Section | None) -> bool:
    """A carrier's address is fixed; a telephone's comes by registration."""
    return aor is not None and "contact" in aor.settings


def _read(file: Path) -> list[Section]:
    return sections(file) if file.exists() else []

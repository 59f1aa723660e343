"""Writes the configuration of an instance: the files of asterisk-conf and dialplan with their tokens filled in."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telephony.instance import Instance, InstanceRefused, InstanceSpec, Role, instance_for, save_instance, write_private
from telephony.transport_files import render_transports
from telephony.trunk_changes import mark_read
from telephony.trunk_files import render_trunk_files
from telephony.trunks import check_plan
from telephony.web_phone import render_web_phone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.program import AsteriskProgram

CHECKOUT: Final = Path(__file__).resolve().parent.parent
# Holds asterisk-conf/ and dialplan/: the checkout itself, or what a wheel installed beside its environment.
SOURCE: Final = CHECKOUT if (CHECKOUT / "dialplan").is_dir() else Path(sys.prefix, "share", "callingcard")
DIALPLAN: Final = Path("dialplan", "extensions_callingcard.conf")
_FOLDERS: Final = (
    *("cache", "agi", "lib/keys", "data/sounds", "log/cdr-custom", "log/cel-custom"),
    *("spool/outgoing", "spool/tmp", "spool/monitor", "recordings"),
)
# Files that modules look for: an empty one silences the warning.
_EMPTY_FILES: Final = (
    *("acl", "ccss", "cli", "cli_aliases", "cli_permissions", "codecs", "extconfig", "http_media_cache"),
    *("musiconhold", "pjproject", "sorcery", "stasis", "udptl"),
)
_CALLS_MAX: Final = 2000
_LOAD_MAX_PER_CORE: Final = 16
# Paths stand inside dialplan lines: no comma, &, |, quote, bracket or $ may be in them.
_PATH: Final = re.compile(r"/[A-Za-z0-9_./@+~ -]{0,400}")
_HOST: Final = re.compile(r"[A-Za-z0-9.:/-]{1,253}")
_HOST_PORT: Final = re.compile(r"[A-Za-z0-9.-]{1,253}:[0-9]{1,5}")
_SYSTEM_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_NUMBER: Final = re.compile(r"[0-9]{3,15}")


def write_instance(spec: InstanceSpec, program: AsteriskProgram, *, source: Path = SOURCE) -> Instance:
    """Write the instance, or write it again keeping its secrets; `source` holds asterisk-conf/ and dialplan/."""
    _check(spec)
    instance = instance_for(spec)
    _make_folders(instance, spec)
    _link_documentation(instance, program)
    shutil.rmtree(instance.etc, ignore_errors=True)
    for name, text in configuration(instance, spec, program, source=source).items():
        (instance.etc / name).parent.mkdir(parents=True, exist_ok=True)
        write_private(instance.etc / name, text)
    save_instance(instance)
    if spec.role is Role.PLATFORM:
        mark_read(instance.etc, platform_files(spec))  # whoever writes it boots it
    return instance


def configuration(
    instance: Instance, spec: InstanceSpec, program: AsteriskProgram, *, source: Path = SOURCE
) -> dict[str, str]:
    """Return the text of every configuration file by its path under etc/."""
    texts = {f"{name}.conf": "" for name in _EMPTY_FILES}
    for folder in (source / "asterisk-conf" / "common", source / "asterisk-conf" / spec.role):
        texts |= {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*.conf"))}
    if spec.role is Role.PLATFORM:
        texts[DIALPLAN.name] = (source / DIALPLAN).read_text()
    texts["modules_common.conf"] = _present_modules(texts["modules_common.conf"], program.modules)
    tokens = _tokens(instance, spec, program)
    filled = {name: fill_tokens(text, tokens) for name, text in texts.items()}
    # After the tokens: a password may hold what looks like one.
    # The phone follows no account: who applies changed accounts leaves its files as they are.
    return filled | (platform_files(spec) | render_web_phone(spec) if spec.role is Role.PLATFORM else {})


def platform_files(spec: InstanceSpec) -> dict[str, str]:
    """What is written from settings and database; raises TrunkRefused."""
    check_plan(spec.trunks, spec.access_hosts, spec.transports)
    return {**render_trunk_files(spec.trunks), **render_transports(spec)}


def fill_tokens(text: str, tokens: Mapping[str, str]) -> str:
    """Replace each @NAME@; a name without a value is a mistake of ours and raises KeyError."""
    return re.sub(r"@([A-Z_]+)@", lambda found: tokens[found[1]], text)


def _check(spec: InstanceSpec) -> None:
    tls_files = [spec.tls.certificate, spec.tls.key, spec.tls.authorities] if spec.tls else []
    phone_files = [spec.web_phone.certificate, spec.web_phone.key] if spec.web_phone else []
    for path in (spec.folder, spec.prompts, spec.spool, *(file for file in (*tls_files, *phone_files) if file)):
        if not _PATH.fullmatch(str(path.resolve())):
            raise InstanceRefused(f"Asterisk cannot work in {path}: letters, digits, blanks and _./@+~- only")
    for server in (spec.agi, *filter(None, (spec.agi_other,))):
        if not _HOST_PORT.fullmatch(server):
            raise InstanceRefused(f"{server!r} is no host:port of a call server")
    if spec.name and not _SYSTEM_NAME.fullmatch(spec.name):
        raise InstanceRefused(f"{spec.name!r} is no name of an Asterisk: letters, digits, _ . - (at most 40)")
    for host in (spec.sip_host, spec.peer_host, *spec.access_hosts):
        if not _HOST.fullmatch(host):
            raise InstanceRefused(f"{host!r} is no host")
    if not _NUMBER.fullmatch(spec.softphone_number):
        raise InstanceRefused(f"{spec.softphone_number!r} is no number for the softphone")
    if spec.rtp_last <= spec.rtp_first:
        raise InstanceRefused(f"RTP ports {spec.rtp_first}-{spec.rtp_last} are no range")


def _make_folders(instance: Instance, spec: InstanceSpec) -> None:
    instance.folder.mkdir(parents=True, exist_ok=True)
    instance.folder.chmod(0o700)
    for name in _FOLDERS:
        (instance.folder / name).mkdir(parents=True, exist_ok=True)
    for path in (instance.run, spec.prompts, spec.spool):
        path.mkdir(parents=True, exist_ok=True)


def _link_documentation(instance: Instance, program: AsteriskProgram) -> None:
    """Asterisk reads the descriptions of its own options from its data folder at boot."""
    for name in ("documentation", "rest-api"):
        link, target = instance.folder / "data" / name, program.data / name
        link.unlink(missing_ok=True)
        if target.exists():
            link.symlink_to(target)


def _present_modules(text: str, modules: Path) -> str:
    """Drop the `load` lines of modules that this Asterisk does not have; a `require` line always stays."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("load = ") or (modules / line[7:].strip()).exists())


def _tokens(instance: Instance, spec: InstanceSpec, program: AsteriskProgram) -> dict[str, str]:
    return {
        "FOLDER": str(instance.folder),
        "ETC": str(instance.etc),
        "RUN": str(instance.run),
        "RECORDINGS": str(instance.recordings),
        "MODULES": str(program.modules),
        "NAME": spec.name or spec.role.value,
        "CALLS_MAX": str(_CALLS_MAX),
        "LOAD_MAX": str(_LOAD_MAX_PER_CORE * (os.cpu_count() or 1)),
        "SIP_HOST": spec.sip_host,
        "SIP_PORT": str(spec.sip_port),
        "AMI_PORT": str(spec.ami_port),
        "RTP_FIRST": str(spec.rtp_first),
        "RTP_LAST": str(spec.rtp_last),
        "ICE": "no" if spec.web_phone is None else "yes",  # browsers cannot do without it
        "AGI": spec.agi,
        "AGI_OTHER": spec.agi_other,
        "PROMPTS": str(spec.prompts.resolve()),
        "SPOOL": str(spec.spool.resolve()),
        "IAX_PORT": str(spec.iax_port),
        "ACCESS_HOSTS": ",".join(spec.access_hosts),
        "SOFTPHONE_NUMBER": spec.softphone_number,
        "PEER_HOST": spec.peer_host,
        "PEER_PORT": str(spec.peer_port),
        **{f"{name.upper()}_SECRET": secret for name, secret in instance.secrets.items()},
    }

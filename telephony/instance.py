"""An Asterisk instance: one private folder with configuration, secrets and everything that Asterisk writes."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telephony.trunks import Transport, TrunkPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from telephony.web_phone import WebPhone

_FACTS_FILE: Final = "instance.json"
_SECRET_NAMES: Final = ("watcher", "console", "softphone", "phone", "websocket")
_SOCKET_PATH_BYTES_MAX: Final = 100  # a socket's address holds 108


class Role(StrEnum):
    """The folder of asterisk-conf that an instance is made from."""

    PLATFORM = "platform"
    DEMO_CARRIER = "demo-carrier"


class InstanceRefused(Exception):
    """The instance cannot be read, or not be written as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class TlsPort:
    """Where SIP by TLS listens, and with which files. With `authorities` the certificates of carriers are checked."""

    port: int
    certificate: Path
    key: Path
    authorities: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """What an instance is to be. `peer_*` is the platform that a demo carrier's phone dials."""

    folder: Path
    role: Role
    sip_port: int
    ami_port: int
    rtp_first: int
    rtp_last: int
    prompts: Path
    spool: Path
    name: str = ""  # systemname; empty: that of the role
    agi: str = "127.0.0.1:4573"
    agi_other: str = ""  # asked when the first call server does not take the connection
    sip_host: str = "127.0.0.1"
    access_hosts: tuple[str, ...] = ("127.0.0.1",)
    trunks: TrunkPlan = field(default_factory=TrunkPlan)
    sip_tcp: bool = False
    tls: TlsPort | None = None
    web_phone: WebPhone | None = None
    iax_port: int = 4569
    softphone_number: str = "15550100"
    peer_host: str = "127.0.0.1"
    peer_port: int = 5060

    @property
    def transports(self) -> frozenset[Transport]:
        """By which carriers can be reached."""
        chosen = {Transport.TCP: self.sip_tcp, Transport.TLS: self.tls is not None}
        return frozenset({Transport.UDP, Transport.IAX2, *(way for way, is_on in chosen.items() if is_on)})


@dataclass(frozen=True, slots=True)
class Instance:
    """A written instance; `run` holds its control socket, `secrets` those of AMI users and of the softphone."""

    folder: Path
    run: Path
    role: Role
    sip_host: str
    sip_port: int
    ami_port: int
    secrets: Mapping[str, str]
    trunks: tuple[str, ...]

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    @property
    def cel_file(self) -> Path:
        return self.folder / "log" / "cel-custom" / "cel.csv"


def instance_for(spec: InstanceSpec) -> Instance:
    """The instance that `spec` describes, with the secrets and the run folder of the one that stands there already."""
    folder = spec.folder.resolve()
    try:
        before = read_instance(folder)
    except InstanceRefused:
        before = None
    kept = before.secrets if before else {}
    return Instance(
        folder=folder,
        run=_run_folder(folder, before),
        role=spec.role,
        sip_host=spec.sip_host,
        sip_port=spec.sip_port,
        ami_port=spec.ami_port,
        secrets={name: kept.get(name) or secrets.token_hex(16) for name in _SECRET_NAMES},
        trunks=spec.trunks.sip_carriers,
    )


def read_instance(folder: Path) -> Instance:
    """Return the instance that was written into `folder`."""
    try:
        facts = json.loads((folder / _FACTS_FILE).read_text())
        return Instance(
            folder=folder.resolve(),
            run=Path(facts["run"]),
            role=Role(facts["role"]),
            sip_host=facts["sip_host"],
            sip_port=facts["sip_port"],
            ami_port=facts["ami_port"],
            secrets=facts["secrets"],
            trunks=tuple(facts["trunks"]),
        )
    except (OSError, ValueError, KeyError) as error:
        raise InstanceRefused(f"{folder} holds no Asterisk instance ({type(error).__name__})") from error


def save_instance(instance: Instance) -> None:
    """Write what `read_instance` reads."""
    facts = {
        "run": str(instance.run),
        "role": instance.role.value,
        "sip_host": instance.sip_host,
        "sip_port": instance.sip_port,
        "ami_port": instance.ami_port,
        "secrets": dict(instance.secrets),
        "trunks": list(instance.trunks),
    }
    write_private(instance.folder / _FACTS_FILE, json.dumps(facts, indent=1) + "\n")


def save_trunks(folder: Path, trunks: TrunkPlan) -> None:
    """Remember the carriers that Asterisk dials now: a later boot asks each whether it lives."""
    save_instance(replace(read_instance(folder), trunks=trunks.sip_carriers))


def write_private(path: Path, text: str) -> None:
    """Write under a second name and rename: no reader sees half a file, and no one else sees the secrets."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def _run_folder(folder: Path, before: Instance | None) -> Path:
    """The control socket's path has a hard limit, so a deep folder gets a short one elsewhere."""
    run = folder / "run"
    if len(os.fsencode(run / "asterisk.ctl")) <= _SOCKET_PATH_BYTES_MAX:
        return run
    if before is not None and before.run.is_dir():
        return before.run
    return Path(tempfile.mkdtemp(prefix="callingcard-"))

"""A boot says in a sentence why it cannot be, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from telephony.boot import AsteriskDidNotBoot, boot
from telephony.configuration import CHECKOUT, write_instance
from telephony.instance import Instance, InstanceSpec, Role
from tests.asterisk_fixtures import free_tcp_port, free_udp_port, wait_for

if TYPE_CHECKING:
    from telephony.program import AsteriskProgram

pytestmark = pytest.mark.asterisk


@pytest.fixture
def instance(asterisk_program: AsteriskProgram, tmp_path: Path) -> Instance:
    spec = InstanceSpec(
        folder=tmp_path / "a folder with blanks",
        role=Role.PLATFORM,
        sip_port=free_udp_port(),
        ami_port=free_tcp_port(),
        rtp_first=26000,
        rtp_last=26998,
        prompts=tmp_path / "prompts",
        spool=tmp_path / "spool",
    )
    return write_instance(spec, asterisk_program)


def test_it_boots_in_a_path_with_blanks_and_stops(
    instance: Instance, asterisk_program: AsteriskProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our settings, the database's password among them, stay with us: a dialplan can read its environment."""
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", "postgresql+psycopg://us:secret@host/name")
    running = boot(instance, asterisk_program)
    try:
        assert b"CALLINGCARD_" not in Path(f"/proc/{running.process.pid}/environ").read_bytes()
        assert running.boot_seconds < 30
        with pytest.raises(AsteriskDidNotBoot, match="runs already"):
            boot(instance, asterisk_program)
        assert running.is_alive
    finally:
        running.stop()
    assert not running.is_alive
    running.stop()


@pytest.mark.parametrize("name", ["SIP", "AMI"])
def test_a_port_in_use_is_one_sentence(instance: Instance, asterisk_program: AsteriskProgram, name: str) -> None:
    kind, port = {
        "SIP": (socket.SOCK_DGRAM, instance.sip_port),
        "AMI": (socket.SOCK_STREAM, instance.ami_port),
    }[name]
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(AsteriskDidNotBoot, match=f"^{name} port {port} on 127.0.0.1 cannot be used") as refused:
            boot(instance, asterisk_program)
    assert "\n" not in str(refused.value)


def test_a_vital_module_that_is_missing_is_named(instance: Instance, asterisk_program: AsteriskProgram) -> None:
    modules = instance.etc / "modules_common.conf"
    modules.write_text(modules.read_text() + "require = app_nosuch.so\n")
    with pytest.raises(AsteriskDidNotBoot, match="app_nosuch"):
        boot(instance, asterisk_program)


def test_a_module_that_does_not_run_is_named(instance: Instance, asterisk_program: AsteriskProgram) -> None:
    modules = instance.etc / "modules_common.conf"
    modules.write_text(modules.read_text() + "load = app_nosuch.so\n")
    with pytest.raises(AsteriskDidNotBoot, match=r"without the modules app_nosuch\.so"):
        boot(instance, asterisk_program)
    assert not (instance.run / "asterisk.ctl").exists()


PARENT = """
import sys, time
from pathlib import Path
from telephony.boot import boot
from telephony.instance import read_instance
from telephony.program import program_at
running = boot(read_instance(Path(sys.argv[1])), program_at(Path(sys.argv[2])), dies_with_parent=True)
print(running.process.pid, flush=True)
time.sleep(60)
"""


def test_it_dies_with_its_parent_when_asked(instance: Instance, asterisk_program: AsteriskProgram) -> None:
    command = [sys.executable, "-c", PARENT, str(instance.folder), str(asterisk_program.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    try:
        wait_for(lambda: not is_running(child), 5)
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def is_running(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False

"""An instance is one private folder whose secrets survive a rewrite, and whose files hold no unfilled token."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from telephony.configuration import write_instance
from telephony.instance import InstanceRefused, InstanceSpec, Role, read_instance
from telephony.program import AsteriskProgram, AsteriskVersion
from telephony.trunks import Trunk, TrunkPlan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def program(tmp_path: Path) -> AsteriskProgram:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "app_verbose.so").touch()
    return AsteriskProgram(tmp_path, ("asterisk",), AsteriskVersion(22), modules, tmp_path)


def spec(folder: Path, role: Role = Role.PLATFORM, **changes: object) -> InstanceSpec:
    values: dict[str, object] = {
        "folder": folder,
        "role": role,
        "sip_port": 5060,
        "ami_port": 5038,
        "rtp_first": 26000,
        "rtp_last": 26998,
        "prompts": folder.parent / "prompts",
        "spool": folder.parent / "spool",
        "trunks": TrunkPlan((Trunk("demo.cheap", "127.0.0.2", 5080),)),
    }
    return InstanceSpec(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("role", list(Role))
def test_every_token_is_filled(tmp_path: Path, program: AsteriskProgram, role: Role) -> None:
    instance = write_instance(spec(tmp_path / "one", role), program)
    for file in instance.etc.rglob("*.conf"):
        assert not re.search(r"@[A-Z_]+@", file.read_text()), file


def test_secrets_are_for_the_owner_only_and_survive_a_rewrite(tmp_path: Path, program: AsteriskProgram) -> None:
    first = write_instance(spec(tmp_path / "one"), program)
    second = write_instance(spec(tmp_path / "one", ami_port=5999), program)
    assert second.secrets == first.secrets
    assert second.ami_port == 5999
    assert first.folder.stat().st_mode & 0o777 == 0o700
    for file in (first.folder / "instance.json", first.etc / "manager.d" / "callingcard.conf"):
        assert file.stat().st_mode & 0o777 == 0o600
    other = write_instance(spec(tmp_path / "other"), program)
    assert not set(other.secrets.values()) & set(first.secrets.values())


def test_what_is_written_is_read_back(tmp_path: Path, program: AsteriskProgram) -> None:
    written = write_instance(spec(tmp_path / "one"), program)
    assert read_instance(tmp_path / "one") == written


def test_a_broken_instance_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text(json.dumps({"run": "/"}))
    with pytest.raises(InstanceRefused, match="holds no Asterisk instance"):
        read_instance(tmp_path)


def test_a_module_that_this_asterisk_lacks_is_left_out_but_never_a_vital_one(
    tmp_path: Path, program: AsteriskProgram
) -> None:
    text = (write_instance(spec(tmp_path / "one"), program).etc / "modules_common.conf").read_text()
    assert "load = app_verbose.so" in text
    assert "app_playback.so" not in text
    assert "require = bridge_builtin_interval_features.so" in text


@pytest.mark.parametrize("name", ["a,b", "a&b", "a$(id)", 'a"b', "a;b", "a\nb", "a]b"])
def test_a_folder_that_would_change_the_dialplan_is_refused(
    tmp_path: Path, program: AsteriskProgram, name: str
) -> None:
    with pytest.raises(InstanceRefused, match="cannot work in"):
        write_instance(spec(tmp_path / "one", prompts=tmp_path / name), program)


@pytest.mark.parametrize(
    "change",
    [
        {"agi": "127.0.0.1"},
        {"agi": "x:1)\nexten"},
        {"access_hosts": ("10.0.0.1\nx",)},
        {"rtp_last": 26000},
        {"softphone_number": "a"},
    ],
)
def test_values_that_would_write_other_lines_are_refused(
    tmp_path: Path, program: AsteriskProgram, change: dict[str, object]
) -> None:
    with pytest.raises(InstanceRefused):
        write_instance(spec(tmp_path / "one", **change), program)


def test_a_deep_folder_gets_a_short_control_socket_and_keeps_it(tmp_path: Path, program: AsteriskProgram) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60) / "one"
    first = write_instance(spec(deep), program)
    assert len(str(first.run / "asterisk.ctl")) <= 100
    assert write_instance(spec(deep), program).run == first.run
    first.run.rmdir()

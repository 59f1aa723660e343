"""Each thing that can be wrong with an Asterisk is found, and our own configuration is found right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.check import (
    Severity,
    check_asterisk,
    check_endpoints,
    check_logger,
    check_manager,
    check_modules,
    check_options,
    check_prompts,
    check_version,
)
from telephony.program import AsteriskVersion
from telephony.settings_file import sections

if TYPE_CHECKING:
    from pathlib import Path

    from tests.asterisk_fixtures import Plant


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "file.conf"
    file.write_text(text)
    return file


def test_templates_comments_and_includes_are_read_as_asterisk_reads_them(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("[third](base)\n")
    text = "[base](!)\na = 1 ; one\nb => 2\n;--\n[no]\n--;\n[second](base)\nb = 3\n"
    text += "#tryinclude more.conf\n#include none.conf\n"
    found = sections(written(tmp_path, text))
    assert [(section.name, section.settings) for section in found if not section.is_template] == [
        ("second", {"a": "1", "b": "3"}),
        ("third", {"a": "1", "b": "2"}),
    ]


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    assert sections(written(tmp_path, "[a]\n#include file.conf\n"))


def test_a_version_without_security_fixes_is_warned_of() -> None:
    assert [finding.severity for finding in check_version(AsteriskVersion(22, 9, 0))] == [Severity.WARNING]
    assert list(check_version(AsteriskVersion(22, 10, 1))) == []


def test_a_carrier_without_timers_qualify_and_timeout_is_found(tmp_path: Path) -> None:
    text = "[c]\ntype=endpoint\naors=c\n[c]\ntype=aor\ncontact=sip:10.0.0.1\n"
    whats = " ".join(finding.what for finding in check_endpoints(written(tmp_path, text)))
    assert "never notices" in whats
    assert "keeps a call up" in whats
    assert "a dead one costs" in whats


def test_a_telephone_needs_no_qualify(tmp_path: Path) -> None:
    text = "[p]\ntype=endpoint\naors=p\nrtp_timeout=60\nallow_transfer=no\n[p]\ntype=aor\nmax_contacts=1\n"
    assert list(check_endpoints(written(tmp_path, text))) == []


def test_an_endpoint_that_may_be_transferred_is_found(tmp_path: Path) -> None:
    text = "[p]\ntype=endpoint\naors=p\nrtp_timeout=60\n"
    (finding,) = check_endpoints(written(tmp_path, text))
    assert "may be transferred" in finding.what


@pytest.mark.parametrize("right", ["system", "command", "config", "all", "originate"])
def test_an_ami_user_with_too_many_rights_is_found(tmp_path: Path, right: str) -> None:
    text = f"[general]\nenabled=yes\nbindaddr=127.0.0.1\n[u]\npermit=127.0.0.1\nwrite=reporting,{right}\n"
    assert [right in finding.what for finding in check_manager(written(tmp_path, text))] == [True]


def test_an_ami_that_listens_on_every_address_is_found(tmp_path: Path) -> None:
    (finding,) = check_manager(written(tmp_path, "[general]\nenabled=yes\n"))
    assert "AMI listens on 0" in finding.what


def test_a_log_with_keys_and_dangerous_options_are_found(tmp_path: Path) -> None:
    assert list(check_logger(written(tmp_path, "[logfiles]\nfull => notice,dtmf\n")))
    assert list(check_options(written(tmp_path, "[options]\nlive_dangerously = yes\n")))


def test_a_prompt_of_the_dialplan_that_is_missing_is_found(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "call-ends-soon.wav").touch()
    (finding,) = check_prompts(tmp_path, ["en"])
    assert "service-unavailable" in finding.what


def test_modules_of_an_asterisk_that_is_down_are_not_guessed(tmp_path: Path) -> None:
    (finding,) = check_modules(tmp_path, lambda _: "")
    assert finding.cure == "start it"


@pytest.mark.asterisk
def test_our_own_platform_has_no_finding(plant: Plant) -> None:
    running = plant.platform
    findings = check_asterisk(
        running.program, running.instance.etc, prompts=plant.prompts, languages=["."], console=running.console
    )
    assert findings == []


@pytest.mark.asterisk
def test_a_module_that_was_unloaded_is_named(plant: Plant) -> None:
    plant.platform.console("module unload app_exec.so")
    try:
        (finding,) = check_modules(plant.platform.instance.etc, plant.platform.console)
        assert "app_exec.so" in finding.what
    finally:
        plant.platform.console("module load app_exec.so")

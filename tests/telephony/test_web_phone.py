"""The browser phone on Asterisk: nothing of it where it is switched off, and lines that need a password of the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.configuration import platform_files
from telephony.instance import InstanceSpec, Role
from telephony.web_phone import LINES, WebPhone, close_line, open_line, render_web_phone

if TYPE_CHECKING:
    from pathlib import Path


def spec(folder: Path, phone: WebPhone | None) -> InstanceSpec:
    return InstanceSpec(
        folder=folder,
        role=Role.PLATFORM,
        sip_port=5060,
        ami_port=5038,
        rtp_first=30000,
        rtp_last=30998,
        prompts=folder / "prompts",
        spool=folder / "spool",
        web_phone=phone,
    )


def test_switched_off_there_is_no_server_no_module_and_no_line(tmp_path: Path) -> None:
    files = render_web_phone(spec(tmp_path, None))
    assert "enabled = no" in files["http_phone.conf"]
    assert [text.count("\n") for name, text in files.items() if name != "http_phone.conf"] == [1, 1]  # the head only


def test_switched_on_it_listens_on_loopback_and_leads_to_access_numbers_only(tmp_path: Path) -> None:
    files = render_web_phone(spec(tmp_path, WebPhone(8088, tmp_path / "a.pem", tmp_path / "a.key")))
    assert "bindaddr = 127.0.0.1\nbindport = 8088" in files["http_phone.conf"]
    lines = files["pjsip_phone.conf"]
    assert lines.count("context = from-did") == len(LINES)
    assert lines.count("context = ") == len(LINES) + 1  # strangers: reject
    assert lines.count("set_var = TIMEOUT(absolute)=900") == len(LINES)
    assert "password" not in lines.replace("a line's password", "").replace("proves its password", "")


def test_changed_accounts_leave_the_phone_alone(tmp_path: Path) -> None:
    """`asterisk apply` in another terminal knows nothing of the port that `up` found free."""
    phone = WebPhone(8088, tmp_path / "a.pem", tmp_path / "a.key")
    assert platform_files(spec(tmp_path, phone)) == platform_files(spec(tmp_path, None))


def test_each_call_gets_a_password_of_its_own_that_is_taken_back(tmp_path: Path) -> None:
    del tmp_path
    asked: list[str] = []

    def console(command: str) -> str:
        asked.append(command)
        return "Updated database successfully"

    first, second = open_line(console, LINES[0]), open_line(console, LINES[0])
    close_line(console, LINES[0])
    assert first != second
    assert len(first) == 48
    assert f'\\"password\\":\\"{second}\\"' in asked[1]
    assert asked[2] == f"database del callingcard_phone/auth {LINES[0]}"


def test_a_line_that_is_closed_hangs_its_own_calls_up_and_no_other() -> None:
    asked: list[str] = []
    channels = [f"PJSIP/{LINES[0]}-00000001", f"PJSIP/{LINES[1]}-00000002", "PJSIP/demo.second-00000003"]

    def console(command: str) -> str:
        asked.append(command)
        return "\n".join(f"{channel}!card!s!7!Up!Dial" for channel in channels) if "show" in command else ""

    close_line(console, LINES[0])
    assert [command for command in asked if "hangup" in command] == [f"channel request hangup {channels[0]}"]


def test_an_asterisk_that_does_not_answer_gives_no_line() -> None:
    assert open_line(lambda _: "", LINES[0]) == ""

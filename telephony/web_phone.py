"""The console's browser phone on Asterisk's side: its websocket, its lines, and passwords that live as long as a call.

A line's password is no file of Asterisk's: it is put into the database of the running one when a call begins, and
taken out when it ends. Without it nobody gets through, whoever reaches the websocket.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telephony.trunk_files import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from telephony.instance import InstanceSpec

LINES: Final = tuple(f"console-phone-{number}" for number in range(1, 5))
CALL_SECONDS_MAX: Final = 900  # Asterisk itself hangs up then
MODULES: Final = ("res_http_websocket.so", "res_pjsip_transport_websocket.so", "res_srtp.so", "func_timeout.so")
_FAMILY: Final = "callingcard_phone/auth"  # as sorcery.conf names it
_PASSWORD_BYTES: Final = 24

_ON: Final = """\
[websocket]
type = transport
protocol = ws
; read by nobody: the port is that of http.conf
bind = 127.0.0.1:0

; A page of anybody's can open a websocket to this machine: what comes over it names a line and proves its password, or
; reaches no number. Without this, one that comes from the address of a carrier would be taken for the carrier.
[websocket-stranger](party)
transport = websocket
context = reject
[websocket-stranger]
type = identify
endpoint = websocket-stranger
match_header = Via: /^SIP\\/2\\.0\\/WSS? /

"""
_LINE: Final = """\
[{name}](party)
transport = websocket
context = from-did
identify_by = username
auth = {name}
webrtc = yes
dtls_cert_file = {certificate}
dtls_private_key = {key}
dtmf_mode = rfc4733
; the caller id that the console chose, after the line proved itself
trust_id_inbound = yes
timers = no
set_var = TIMEOUT(absolute)={seconds}
"""


@dataclass(frozen=True, slots=True)
class WebPhone:
    """Where the websocket listens, and the certificate under which sound is encrypted."""

    port: int
    certificate: Path
    key: Path


def render_web_phone(spec: InstanceSpec) -> dict[str, str]:
    """Files that are always there, as they are included; empty of lines where the phone is switched off."""
    phone = spec.web_phone
    if phone is None:
        texts = {"http_phone.conf": "enabled = no\n", "modules_phone.conf": "", "pjsip_phone.conf": ""}
    else:
        texts = {
            "http_phone.conf": f"enabled = yes\nbindaddr = 127.0.0.1\nbindport = {phone.port}\n",
            "modules_phone.conf": "".join(f"load = {module}\n" for module in MODULES),
            "pjsip_phone.conf": _ON + "".join(_lines(phone)),
        }
    return {name: HEAD + text for name, text in texts.items()}


def _lines(phone: WebPhone) -> list[str]:
    return [
        _LINE.format(name=name, certificate=phone.certificate, key=phone.key, seconds=CALL_SECONDS_MAX)
        for name in LINES
    ]


def open_line(console: Callable[[str], str], name: str) -> str:
    """A fresh password for a line; "" when Asterisk does not take it."""
    password = secrets.token_hex(_PASSWORD_BYTES)
    value = json.dumps({"auth_type": "userpass", "username": name, "password": password}, separators=(",", ":"))
    quoted = value.replace('"', '\\"')
    told = console(f'database put {_FAMILY} {name} "{quoted}"')
    return password if "success" in told else ""


def close_line(console: Callable[[str], str], name: str) -> None:
    """Its password is worth nothing, and a call that is still up on it ends: a page that was closed says no goodbye,
    and a goodbye may come without its password by now.
    """
    console(f"database del {_FAMILY} {name}")
    for line in console("core show channels concise").splitlines():
        channel = line.partition("!")[0]
        if channel.startswith(f"PJSIP/{name}-"):
            console(f"channel request hangup {channel}")

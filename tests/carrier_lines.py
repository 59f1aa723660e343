"""What the carrier of the tests has beside the demo's: lines by TCP and TLS, and a registrar for our registrations."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from telephony.instance import TlsPort
from telephony.self_signed import TlsFiles, self_signed
from telephony.trunks import Transport, Trunk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from telephony.boot import RunningAsterisk
    from telephony.instance import Instance

PLATFORM, KNOWN, FORGED, GATEWAY, REGISTRAR, SHARED = (f"127.0.0.{number}" for number in (1, 3, 4, 5, 6, 7))
REGISTRAR_PASSWORD = "the-registrars-own"
NUMBER_LOGIN, WORD_LOGIN = "18005550110", "north-us"  # an access number as many carriers have it, and a name
ENDPOINTS = """
[line](!)
type = endpoint
context = nowhere
identify_by = header
disallow = all
allow = ulaw
dtmf_mode = rfc4733
direct_media = no
trust_id_outbound = yes
send_pai = yes
"""
LINE = """
[{name}](line)
transport = {transport}
aors = {aors}
from_domain = {host}
"""
ADDRESS = """
[{name}]
type = aor
contact = {contact}
"""
REGISTERS_WITH_US = """
[{login}](line)
transport = login-line
aors = {login}
auth = {login}
identify_by = header,username
from_domain = {host}
[{login}]
type = identify
endpoint = {login}
match_header = From: /<sip:{login}@{pattern}/
[{login}]
type = auth
auth_type = userpass
username = {login}
password = {password}
[{login}]
type = aor
max_contacts = 1
remove_existing = yes
"""


@dataclass(frozen=True, slots=True)
class CarrierLines:
    """Ports of both sides, and the folder of their certificates."""

    port: int
    tls_port: int
    platform_port: int
    platform_tls_port: int
    folder: Path

    def trunks(self) -> tuple[Trunk, ...]:
        """Carriers by TCP and by TLS; the certificate of the last one is signed by nobody that we trust."""
        return (
            Trunk("demo.tcp", KNOWN, self.port, Transport.TCP),
            Trunk("demo.tls", KNOWN, self.tls_port, Transport.TLS),
            Trunk("demo.forged", FORGED, self.tls_port, Transport.TLS),
        )

    def platform_tls(self) -> TlsPort:
        """Who is called, and who must hear of the end of a call that came by TLS, needs a certificate that we trust."""
        files = self._files(PLATFORM)
        trusted = self.folder / "trusted.pem"
        trusted.write_text("".join(self._files(host).certificate.read_text() for host in (PLATFORM, KNOWN, GATEWAY)))
        return TlsPort(self.platform_tls_port, files.certificate, files.key, trusted)

    def add_to(self, carrier: Instance) -> None:
        """Before it boots: transports are read at boot only."""
        with (carrier.etc / "pjsip.conf").open("a") as file:
            file.write("".join((*self._transports(), ENDPOINTS, *self._lines(), *self._logins())))

    def _transports(self) -> Iterator[str]:
        for host in (PLATFORM, KNOWN, GATEWAY):
            yield f"\n[tcp-{host}]\ntype = transport\nprotocol = tcp\nbind = {host}:{self.port}\n"
        yield f"\n[shared-line]\ntype = transport\nprotocol = udp\nbind = {SHARED}:{self.port}\n"
        for host in (PLATFORM, KNOWN, FORGED, GATEWAY):
            files = self._files(host)
            yield f"\n[tls-{host}]\ntype = transport\nprotocol = tls\nmethod = tlsv1_2\nbind = {host}:{self.tls_port}\n"
            yield f"cert_file = {files.certificate}\npriv_key_file = {files.key}\n"

    def _lines(self) -> Iterator[str]:
        """The phone's and the gateway's lines to the platform, and that of a gateway which many share."""
        for way, port in (("tcp", self.platform_port), ("tls", self.platform_tls_port)):
            yield ADDRESS.format(name=f"platform-{way}", contact=rf"sip:{PLATFORM}:{port}\;transport={way}")
            for name, host in ((f"platform-{way}", PLATFORM), (f"by-{way}", GATEWAY)):
                yield LINE.format(name=name, transport=f"{way}-{host}", aors=f"platform-{way}", host=host)
        yield LINE.format(name="by-shared", transport="shared-line", aors="platform", host=SHARED)

    def _logins(self) -> Iterator[str]:
        for login in (NUMBER_LOGIN, WORD_LOGIN):
            pattern = REGISTRAR.replace(".", r"\.")
            yield REGISTERS_WITH_US.format(login=login, host=REGISTRAR, pattern=pattern, password=REGISTRAR_PASSWORD)

    def _files(self, host: str) -> TlsFiles:
        return self_signed(self.folder / host, host, datetime.now(UTC))


@contextmanager
def more_pjsip(carrier: RunningAsterisk, text: str, *reloads: str) -> Iterator[None]:
    """Lines that the carrier has for a while, read by these console commands."""
    file = carrier.instance.etc / "pjsip.conf"
    before = file.read_text()
    try:
        file.write_text(before + text)
        for command in reloads:
            carrier.console(command)
        yield
    finally:
        file.write_text(before)
        for command in reloads:
            carrier.console(command)

"""The file with SIP's transports beside UDP: TCP on the same port, and TLS with its certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telephony.trunk_files import HEAD

if TYPE_CHECKING:
    from telephony.instance import InstanceSpec, TlsPort

TRANSPORTS: Final = "pjsip_transports.conf"


def render_transports(spec: InstanceSpec) -> dict[str, str]:
    """A running Asterisk leaves its transports alone on a reload, because calls hang on them."""
    tcp = f"[tcp]\ntype = transport\nprotocol = tcp\nbind = {spec.sip_host}:{spec.sip_port}\n" if spec.sip_tcp else ""
    tls = _tls(spec.sip_host, spec.tls) if spec.tls else ""
    return {TRANSPORTS: HEAD + tcp + tls}


def _tls(host: str, tls: TlsPort) -> str:
    lines = [
        "[tls]",
        "type = transport",
        "protocol = tls",
        "method = tlsv1_2",
        f"bind = {host}:{tls.port}",
        f"cert_file = {tls.certificate}",
        f"priv_key_file = {tls.key}",
    ]
    if tls.authorities is not None:
        lines += [f"ca_list_file = {tls.authorities}", "verify_server = yes"]
    return "\n".join(lines) + "\n"

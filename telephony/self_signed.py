"""A certificate that signs itself, for SIP by TLS where none was bought: it hides calls, but proves nobody."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_VALID_DAYS: Final = 3650
_CLOCK_SKEW: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


def self_signed(folder: Path, host: str, now: datetime) -> TlsFiles:
    """The files in `folder`, made at the first call for `host` (an address or a name) and kept."""
    files = TlsFiles(folder / "sip.pem", folder / "sip.key")
    if files.certificate.exists() and files.key.exists():
        return files
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    _write(files.key, pem)
    _write(files.certificate, _certificate(key, host, now).public_bytes(serialization.Encoding.PEM))
    return files


def _certificate(key: ec.EllipticCurvePrivateKey, host: str, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)

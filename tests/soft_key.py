"""A security key made of code: it registers and signs as an authenticator does, by the rules of WebAuthn (level 2).

What a browser adds, the origin, is told by whoever uses it; the real one is driven in tests/admin_web/browser.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, ATTESTED = 0x01, 0x40
ES256 = -7


@dataclass
class SoftKey:
    """`counts` off: as passkeys of telephones, which always tell 0."""

    origin: str = "http://localhost:8080"
    counts: bool = True
    count: int = 0
    flags: int = PRESENT
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, asked: str, **changes: Any) -> str:  # noqa: ANN401 (what a thief would change)
        """The answer to a registration."""
        options = json.loads(asked)
        data = self._data(changes.get("host", options["rp"]["id"]), ATTESTED) + self._attested()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], changes)
        response = {"clientDataJSON": letters(client), "attestationObject": letters(attestation), "transports": ["usb"]}
        return self._told(response)

    def get(self, asked: str, **changes: Any) -> str:  # noqa: ANN401
        """The answer to a sign-in."""
        options = json.loads(asked)
        self.count += 1 if self.counts else 0
        data = self._data(changes.get("host", options["rpId"]))
        client = self._client("webauthn.get", options["challenge"], changes)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._told({name: letters(value) for name, value in response.items()})

    def _client(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | {name: value for name, value in changes.items() if name in told}).encode()

    def _data(self, host: str, more: int = 0) -> bytes:
        return hashlib.sha256(host.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _attested(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        length = struct.pack(">H", len(self.credential_id))
        return bytes(16) + length + self.credential_id + cbor2.dumps(public)

    def _told(self, response: dict[str, Any]) -> str:
        name = letters(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def letters(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")

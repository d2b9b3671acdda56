"""A device with passkeys, in software: what a browser's ``navigator.credentials`` would answer."""

import base64
import hashlib
import json
import os
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Device:
    """One key for one site.

    Attributes:
        count: of uses; it goes up before each.
        verifies: whether it recognises its owner.
        cose: what it says its public key is; None = what it is.
    """

    def __init__(self, site: str = "https://crypto.example") -> None:
        self.site, self.host = site, site.partition("//")[2].partition(":")[0]
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.count, self.verifies, self.handle = os.urandom(16), 0, True, b""
        self.cose: bytes | None = None

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question for a new passkey."""
        self.handle = base64.urlsafe_b64decode(options["user"]["id"] + "==")
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        data = self.data(HAS_KEY) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + (self.cose or public)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        seen = self.seen("webauthn.create", options["challenge"])
        return self.answer(clientDataJSON=seen, attestationObject=attestation)

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question for the use of a passkey."""
        self.count += 1
        data, seen = self.data(0), self.seen("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(seen).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": seen, "authenticatorData": data, "signature": signature}
        return self.answer(**parts, userHandle=self.handle)

    def data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def seen(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.site}).encode()

    def answer(self, **parts: bytes) -> dict[str, Any]:
        response = {name: text(part) for name, part in parts.items()}
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}

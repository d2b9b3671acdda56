"""Files under a passphrase: scrypt makes the key, AES-256-GCM seals one piece after the other.

Every file has a key of its own, which follows from its name too: a sealed file in another's place cannot be opened. A
piece knows its number and whether it is the last one: a file that was cut is not taken for a whole one.
"""

import hashlib
import hmac
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from system.exceptions import InvalidInput

MAGIC = b"CPB1"
SALT, TAG = 16, 16
PIECE = 1 << 20
COST = {"n": 1 << 16, "r": 8, "p": 1}
"""64 MB and a fifth of a second for each guess."""
DEAREST = 1 << 20
"""What a manifest may ask of us at most: who wrote it may not be who made it."""


@dataclass(frozen=True)
class Key:
    """What follows from a passphrase and the salt of a backup."""

    files: bytes
    manifest: bytes

    @classmethod
    def of(cls, passphrase: str, salt: bytes, cost: dict[str, int]) -> "Key":
        """The key; takes a moment.

        Raises:
            InvalidInput: the cost is out of bounds.
        """
        if not 1 < cost["n"] <= DEAREST or not 0 < cost["r"] <= 16 or not 0 < cost["p"] <= 4:
            raise InvalidInput("The manifest asks for a key of unusual cost; it was changed.")
        memory = 256 * cost["n"] * cost["r"]
        made = hashlib.scrypt(passphrase.encode(), salt=salt, **cost, maxmem=memory, dklen=64)
        return cls(made[:32], made[32:])

    def sign(self, text: bytes) -> str:
        """Says that whoever wrote the text knew the passphrase."""
        return hmac.new(self.manifest, text, hashlib.sha256).hexdigest()

    def _cipher(self, name: str, salt: bytes) -> AESGCM:
        return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=name.encode()).derive(self.files))

    def seal(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The sealed file, piece by piece.

        Args:
            name: of the file in the backup.
            pieces: its content, in pieces of any length.
        """
        salt = os.urandom(SALT)
        cipher = self._cipher(name, salt)
        yield MAGIC + salt
        number, waiting = 0, bytearray()
        for piece in pieces:
            waiting += piece
            while len(waiting) > PIECE:  # never the last one, which is known only at the end
                yield cipher.encrypt(_nonce(number, is_last=False), bytes(waiting[:PIECE]), None)
                del waiting[:PIECE]
                number += 1
        yield cipher.encrypt(_nonce(number, is_last=True), bytes(waiting), None)

    def open(self, name: str, sealed: IO[bytes]) -> Iterator[bytes]:
        """The content of a sealed file, piece by piece.

        Raises:
            InvalidInput: it was changed, cut, or sealed as another file or under another passphrase.
        """
        head = sealed.read(len(MAGIC) + SALT)
        if len(head) < len(MAGIC) + SALT or not head.startswith(MAGIC):
            raise InvalidInput(f"{name} is no sealed file.")
        cipher = self._cipher(name, head[len(MAGIC) :])
        number, piece = 0, sealed.read(PIECE + TAG)
        while True:
            following = sealed.read(PIECE + TAG)
            try:
                yield cipher.decrypt(_nonce(number, is_last=not following), piece, None)
            except InvalidTag:
                raise InvalidInput(f"{name} cannot be opened: it was changed, or the passphrase is another.") from None
            if not following:
                return
            number, piece = number + 1, following


def _nonce(number: int, *, is_last: bool) -> bytes:
    return struct.pack(">3xQ?", number, is_last)

"""Sealed files that stand alone: those of the archive of the log, which no manifest holds together.

Before what ``Key`` writes stands how the key is made of the passphrase, and a mark that tells another passphrase from
damage. The key itself is dear to make, so all that one process seals has one; what opens them keeps those it has made.
"""

import hmac
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cryptopredict.backups.encryption import COST, SALT, Key
from system.exceptions import InvalidInput

HEAD = struct.Struct(">4sIBB16s16s")
"""Which format, the cost and the salt of the key, its mark."""
FORMAT = b"CPS1"
SEALED = ".sealed"
"""The end of their names."""


class Sealing:
    """What files are sealed with."""

    def __init__(self, passphrase: str) -> None:
        salt = os.urandom(SALT)
        self.key = Key.of(passphrase, salt, COST)
        self.head = HEAD.pack(FORMAT, COST["n"], COST["r"], COST["p"], salt, mark_of(self.key))

    def seal(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The sealed file, piece by piece.

        Args:
            name: that it is opened by; under another one it cannot be.
            pieces: its content, in pieces of any length.
        """
        yield self.head
        yield from self.key.seal(name, pieces)


class Opener:
    """Opens what was sealed under one of some passphrases; without any it says that one is needed."""

    def __init__(self, *passphrases: str) -> None:
        self.passphrases: Sequence[str] = passphrases
        self.keys: dict[bytes, Key] = {}

    def open(self, name: str, place: Path) -> Iterator[bytes]:
        """The content of a sealed file, piece by piece.

        Raises:
            InvalidInput: there is no passphrase, or another one is needed; it was changed or cut, or is another file.
        """
        with place.open("rb") as file:
            key = self.key(place, file.read(HEAD.size))
            try:
                yield from key.open(name, file)
            except InvalidInput:
                raise InvalidInput(f"{place} is damaged: it is not as it was sealed.") from None

    def key(self, place: Path, head: bytes) -> Key:
        """The key of a file.

        Raises:
            InvalidInput: none of the passphrases makes it.
        """
        if head not in self.keys:
            self.keys[head] = self.made(place, head)
        return self.keys[head]

    def made(self, place: Path, head: bytes) -> Key:
        if len(head) < HEAD.size or not head.startswith(FORMAT):
            raise InvalidInput(f"{place} is damaged: it does not begin as a sealed file does.")
        if not self.passphrases:
            raise InvalidInput(f"{place} is sealed; name its passphrase with --passphrase-file.")
        _format, n, r, p, salt, mark = HEAD.unpack(head)
        if {"n": n, "r": r, "p": p} != COST:
            raise InvalidInput(f"{place} is damaged, or of a newer program: it asks for a key of unusual cost.")
        for passphrase in self.passphrases:
            key = Key.of(passphrase, salt, COST)
            if hmac.compare_digest(mark_of(key), mark):
                return key
        raise InvalidInput(
            f"{place} cannot be opened: it is sealed with another passphrase (name that one with --passphrase-file), "
            "or its first bytes were changed."
        )

    def opens(self, place: Path) -> bool:
        """Whether a file is sealed under one of the passphrases; it is not read beyond its head."""
        with place.open("rb") as file:
            head = file.read(HEAD.size)
        try:
            self.key(place, head)
        except InvalidInput:
            return False
        return True


CLOSED = Opener()
"""Opens nothing."""


def mark_of(key: Key) -> bytes:
    """Tells keys apart without telling them."""
    return bytes.fromhex(key.sign(b"mark"))[:16]

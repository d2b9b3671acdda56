"""What a backup says of itself: what made it, what is in it, and how that is told from something else."""

import hashlib
import hmac
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from cryptopredict.backups.encryption import COST, SALT, Key
from system.exceptions import InvalidInput

FORMAT = 1
NAME = "manifest.json"
SECRETS = ("secret_key", "token_pepper", "sealing_secret")
"""Keys of the installation. Without the last one what people have sealed in the database cannot be read."""
MARK_COST = {"n": 1 << 14, "r": 8, "p": 1}
HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Stored:
    """A file as it lies in the backup, sealed or not."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Table:
    """The content of a table: how many rows, and a sum over all of them that does not depend on their order."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class Manifest:
    """The manifest.

    Attributes:
        name: of the backup's directory.
        made_at: the moment that the database is from.
        product: version of the program.
        postgres: version of the server.
        migrations: those that had run, as ``app.name``.
        tables, files: by name.
        encryption: cost and salt of the key; None: nothing is sealed.
        marks: what tells whether the keys of an installation are those of the backup; with the salt of the marks.
        seal: over everything else; under a passphrase only its owner can make it.
    """

    name: str
    made_at: datetime
    product: str
    postgres: str
    migrations: tuple[str, ...]
    tables: Mapping[str, Table]
    files: Mapping[str, Stored]
    encryption: Mapping[str, Any] | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    seal: str = ""

    def body(self) -> bytes:
        """What the seal is over."""
        plain = {name: value for name, value in asdict(self).items() if name != "seal"}
        plain |= {"format": FORMAT, "made_at": self.made_at.isoformat()}
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()

    def sealed(self, key: Key | None) -> "Manifest":
        """The same with its seal."""
        return replace(self, seal=self.seal_by(key))

    def seal_by(self, key: Key | None) -> str:
        return key.sign(self.body()) if key else hashlib.sha256(self.body()).hexdigest()

    def text(self) -> str:
        """As it is written."""
        return json.dumps(json.loads(self.body()) | {"seal": self.seal}, indent=1, sort_keys=True) + "\n"

    def key(self, passphrase: str | None) -> Key | None:
        """What its files are opened with; None: they are not sealed.

        Raises:
            InvalidInput: a passphrase is missing, or another one.
        """
        if self.encryption is None:
            return None
        if passphrase is None:
            raise InvalidInput(f"{self.name} is encrypted; name its passphrase with --passphrase-file.")
        cost = {name: int(self.encryption[name]) for name in COST}
        key = Key.of(passphrase, bytes.fromhex(self.encryption["salt"]), cost)
        if not hmac.compare_digest(self.seal, key.sign(self.body())):
            raise InvalidInput(f"{self.name}: the passphrase is another one, or {NAME} was changed.")
        return key


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup. That of one under a passphrase is trusted only after ``key``.

    Raises:
        InvalidInput: the directory is no whole backup, or of a program that is newer than this one.
    """
    path = backup / NAME
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise InvalidInput(f"{backup} is no backup: it has no {NAME}.") from None
    try:
        found = json.loads(text)
        number = int(found.pop("format"))
        if number > FORMAT:
            raise InvalidInput(f"{backup} was made by a newer program (format {number}); restore it with that one.")
        manifest = Manifest(
            **found
            | {
                "made_at": datetime.fromisoformat(found["made_at"]),
                "migrations": tuple(found["migrations"]),
                "tables": {name: Table(**one) for name, one in found["tables"].items()},
                "files": {name: Stored(**one) for name, one in found["files"].items()},
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput(f"{path} cannot be read ({error}); it was changed.") from None
    if manifest.encryption is None and manifest.seal != manifest.seal_by(None):
        raise InvalidInput(f"{path} is not as it was written; it was changed.")
    for name in manifest.files:
        if not is_inside(name):
            raise InvalidInput(f"{path} names a file outside the backup ({name}); it was changed.")
    return manifest


def is_inside(name: str) -> bool:
    """Whether a name leads to a place below the backup."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name


def new_encryption() -> dict[str, Any]:
    """Cost and salt of a key to come."""
    return {**COST, "salt": os.urandom(SALT).hex()}


def marks_of(secrets: Mapping[str, str], salt: str = "") -> dict[str, str]:
    """What tells keys apart without telling them: as dear to guess as a password.

    Args:
        secrets: by name.
        salt: of the marks to compare with; new ones get a new one.
    """
    salt = salt or os.urandom(SALT).hex()
    made = {
        name: hashlib.scrypt(f"{name}:{text}".encode(), salt=bytes.fromhex(salt), **MARK_COST, dklen=16).hex()
        for name, text in secrets.items()
    }
    return made | {"salt": salt}

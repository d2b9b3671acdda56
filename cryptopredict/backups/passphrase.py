"""The passphrase that backups and the archive of the log are sealed with. Needs no settings of Django."""

import os
from pathlib import Path

from system.exceptions import InvalidInput

SHORTEST = 12


def passphrase_file(named: Path | None) -> Path | None:
    """The file with the passphrase: the named one, else that of ``BACKUP_PASSPHRASE_FILE``, if there is one."""
    variable = os.environ.get("BACKUP_PASSPHRASE_FILE")
    found = named or (Path(variable) if variable else None)
    return None if found is None else found.expanduser().absolute()


def passphrase_in(named: Path | None) -> str | None:
    """The passphrase in a file (see ``passphrase_file``); None where none is named.

    Raises:
        InvalidInput: it cannot be read, or is too short to keep anybody out.
    """
    place = passphrase_file(named)
    if place is None:
        return None
    try:
        text = place.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The passphrase in {place} cannot be read ({error}); correct the path.") from None
    if len(text) < SHORTEST:
        raise InvalidInput(f"The passphrase in {place} is shorter than {SHORTEST} characters; choose a longer one.")
    return text

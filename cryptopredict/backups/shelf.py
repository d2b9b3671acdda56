"""The directory where backups lie: which there are, which is the newest, which have had their time."""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from cryptopredict.backups.manifest import NAME
from system.exceptions import NoData

STAMP = "%Y%m%dT%H%M%SZ"
NAMED = re.compile(r"cryptopredict-(\d{8}T\d{6}Z)")
DRAFT = ".draft-"
LONGEST_DRAFT = 24 * 3600


def shelf() -> Path:
    """``BACKUP_DIRECTORY``, else a directory in the home directory."""
    named = os.environ.get("BACKUP_DIRECTORY")
    return Path(named).expanduser().absolute() if named else Path(settings.CRYPTOPREDICT_HOME) / "backups"


def name_at(moment: datetime) -> str:
    """Name of a backup that is made at a moment."""
    return f"cryptopredict-{moment.astimezone(UTC):{STAMP}}"


def moment_of(name: str) -> datetime:
    """When a backup was made, by its name."""
    return datetime.strptime(name.removeprefix("cryptopredict-"), STAMP).replace(tzinfo=UTC)


def backups_in(directory: Path) -> list[Path]:
    """Whole backups, the newest first."""
    if not directory.is_dir():
        return []
    found = [path for path in directory.iterdir() if NAMED.fullmatch(path.name) and (path / NAME).is_file()]
    return sorted(found, key=lambda path: path.name, reverse=True)


def newest_in(directory: Path) -> Path:
    """The newest backup.

    Raises:
        NoData: there is none.
    """
    found = backups_in(directory)
    if not found:
        raise NoData(f"There is no backup in {directory}; make one: python manage.py backup.")
    return found[0]


def to_keep(names: Iterable[str], rules: Mapping[str, Any]) -> set[str]:
    """Those that stay: of each of the last days, weeks and months that have one its newest, and always the newest.

    Args:
        names: of backups.
        rules: ``keep_daily``, ``keep_weekly``, ``keep_monthly``: how many of each.
    """
    newest_first = sorted(names, reverse=True)
    keep = set(newest_first[:1])
    periods: tuple[tuple[str, Callable[[datetime], tuple[int, ...]]], ...] = (
        ("keep_daily", lambda at: (at.year, at.month, at.day)),
        ("keep_weekly", lambda at: tuple(at.isocalendar()[:2])),
        ("keep_monthly", lambda at: (at.year, at.month)),
    )
    for rule, period_of in periods:
        last: dict[tuple[int, ...], str] = {}
        for name in newest_first:
            last.setdefault(period_of(moment_of(name)), name)
        keep |= set(list(last.values())[: rules[rule]])
    return keep


def rotate(directory: Path, rules: Mapping[str, Any]) -> list[str]:
    """Remove the backups that have had their time.

    Returns:
        Their names.
    """
    names = [path.name for path in backups_in(directory)]
    gone = sorted(set(names) - to_keep(names, rules))
    for name in gone:
        remove(directory / name)
    return gone


def remove(backup: Path) -> None:
    """Take a backup away. It stops to be one at once, however far the rest comes."""
    draft = backup.with_name(f"{DRAFT}{backup.name}")
    shutil.rmtree(draft, ignore_errors=True)
    backup.rename(draft)
    shutil.rmtree(draft)


def sweep_drafts(directory: Path, now: datetime) -> None:
    """Remove what was broken off: nobody writes a backup for a day."""
    for draft in directory.glob(f"{DRAFT}*"):
        if now.timestamp() - draft.stat().st_mtime > LONGEST_DRAFT:
            shutil.rmtree(draft, ignore_errors=True)

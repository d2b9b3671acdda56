"""Reports that no backtest has any more, since the person was erased whose it was."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from system.stores.artefacts import BACKTESTS, Artefacts, bucket
from trading.models import Backtest

KEPT = timedelta(days=1)
"""What has no row stays so long, as with pictures."""


def sweep_reports() -> int:
    """Delete reports that no row names.

    Returns:
        How many.
    Raises:
        UnavailableError: the bucket of the files does not answer.
    """
    before, there = timezone.now() - KEPT, bucket()
    names = _here() if there is None else there.listed(BACKTESTS)[0]
    numbers = {int(name) for name in names if name.isdecimal()}
    known = set(Backtest.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    gone = [_take_away(there, str(number), before) for number in sorted(numbers - known)]
    return sum(gone)


def _here() -> list[str]:
    return [path.name for path in _home().iterdir()] if _home().is_dir() else []


def _home() -> Path:
    return Path(settings.CRYPTOPREDICT_HOME) / BACKTESTS


def _take_away(there: Artefacts | None, name: str, before: datetime) -> bool:
    """Delete a report that was last written before a moment; whether it was."""
    if there is None:
        folder = _home() / name
        newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
        if newest >= before.timestamp():
            return False
        shutil.rmtree(folder)
        return True
    files = list(there.files(f"{BACKTESTS}/{name}"))
    if any(one.changed_at >= before for one in files):
        return False
    for one in files:
        there.delete(one.place)
    return True

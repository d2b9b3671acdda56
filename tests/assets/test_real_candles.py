"""Every candle file of the shared data holds, and brings into the database, what its list says."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.models import PriceData
from assets.providers.candle_files import read_candle_parts, recognise
from assets.services import Stored, store_parts
from tests.assets.test_ingest import BOTH_ROLES
from tests.factories import AssetFactory

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def listed(data: Path) -> list[tuple]:
    """Candle files with their rows, first and last candle."""
    with (data / "MANIFEST.csv").open() as text:
        rows = [row for row in csv.DictReader(text) if row["kind"] == "candles"]
    return [
        (
            data / row["file"],
            int(row["rows"]),
            datetime.fromisoformat(row["first"]),
            datetime.fromisoformat(row["last"]),
        )
        for row in rows
    ]


def test_their_rows_are_sound_and_as_many_as_listed(shared: Path, request: pytest.FixtureRequest) -> None:
    files = listed(shared / "data")
    assert len(files) == 148
    for path, rows, first, last in files if request.config.getoption("--full") else files[::8]:
        file = recognise(path)
        assert file is not None
        parts = list(read_candle_parts(file, NOW))
        assert [reject for _, rejects in parts for reject in rejects] == []
        assert sum(candles.height for candles, _ in parts) == rows, path.name
        times = [time for candles, _ in parts for time in candles["candle_time"]]
        assert (times[0], times[-1]) == (first, last)


@BOTH_ROLES
@pytest.mark.full
def test_all_of_them_are_stored_once(shared: Path) -> None:
    for path, rows, _, _ in listed(shared / "data"):
        file, asset = recognise(path), AssetFactory()
        assert file is not None
        for expected in (Stored(new=rows), Stored(equal=rows)):
            parts = (candles for candles, _ in read_candle_parts(file, NOW))
            assert store_parts(asset.pk, file.timeframe, parts) == expected, path.name
        assert PriceData.objects.filter(asset=asset).count() == rows
